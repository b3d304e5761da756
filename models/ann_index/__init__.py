"""Search title vectors fast, and know the recall that it costs."""

from models.ann_index.choose import choose
from models.ann_index.index import Index, IndexMismatch, Search
from models.ann_index.stored import bind, load, load_bound, save

__all__ = ["Index", "IndexMismatch", "Search", "bind", "choose", "load", "load_bound", "save"]
