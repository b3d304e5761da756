"""Make a small world of two tastes, whose right answers are known."""

from __future__ import annotations

import numpy as np

from features.histories import Histories
from models.two_tower import TitleAttributes

DRAMAS, COMEDIES = [f"d{i:02}" for i in range(10)], [f"k{i:02}" for i in range(10)]
NEW = ["new drama", "new comedy"]
ATTRIBUTES = TitleAttributes(
    {t: ["Drama"] for t in [*DRAMAS, NEW[0]]} | {t: ["Comedy"] for t in [*COMEDIES, NEW[1]]}, {}
)


def two_tastes(profiles: int = 40) -> Histories:
    """Even profiles watched six of ten dramas, odd ones six of ten comedies."""
    rng = np.random.default_rng(0)
    watched = [
        (f"p{p:02}", title, float(place))
        for p in range(profiles)
        for place, title in enumerate(rng.permutation(COMEDIES if p % 2 else DRAMAS)[:6])
    ]
    names, titles, times = zip(*watched, strict=True)
    return Histories.of(names, titles, times)
