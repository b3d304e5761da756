"""Make a small history in which tastes and habits can be found."""

from __future__ import annotations

import numpy as np

from jobs.evaluate.interactions import Interactions

TITLES_OF_A_TASTE = 20
TASTES = 3
WATCHES = 12
DAY = 86_400.0


def made(profiles: int = 72, seed: int = 0) -> Interactions:
    """Each profile watches 12 of the 20 titles of its taste, the early ones more often, one a day.

    Profiles start on different days, so that a moment finds some in the middle and some not begun.
    """
    draws = np.random.default_rng(seed)
    chances = 1 / np.arange(3, TITLES_OF_A_TASTE + 3)
    said = []
    for profile in range(profiles):
        taste, start = profile % TASTES, draws.integers(0, 10)
        picked = draws.choice(TITLES_OF_A_TASTE, WATCHES, replace=False, p=chances / chances.sum())
        said += [
            (f"p{profile:03}", f"{taste}-{title:02}", DAY * (start + day), 1.0 + title % 5)
            for day, title in enumerate(picked)
        ]
    who, what, when, stars = zip(*said, strict=True)
    return Interactions.of(who, what, when, np.array(stars))
