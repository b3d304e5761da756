"""Score what a profile watches next by the last few titles that it watched."""

from models.last_titles.last_titles import LastTitles
from models.last_titles.recipe import Recipe
from models.last_titles.windows import newest

__all__ = ["LastTitles", "Recipe", "newest"]
