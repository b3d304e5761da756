"""Propose titles to profiles; every source is one class."""

from jobs.recommend.sources.because_you_watched import BecauseYouWatched, anchors
from jobs.recommend.sources.charts import New, Popular, Trending
from jobs.recommend.sources.content import Content
from jobs.recommend.sources.nearest import TwoTower
from jobs.recommend.sources.pairs import CoWatch, Transitions
from jobs.recommend.sources.source import Source

__all__ = [
    "BecauseYouWatched",
    "CoWatch",
    "Content",
    "New",
    "Popular",
    "Source",
    "Transitions",
    "Trending",
    "TwoTower",
    "anchors",
]
