"""Choose the moments at which a training stands, and the window in which it is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.watches import DAY
from models.gate import WINDOWS_DAYS, window_days

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jobs.training.snapshot import World

SHARES = (0.55, 0.75)
"""The shares of all watches after which training lists are made: late enough to know tastes, early
enough that many profiles come back."""


def judged_days(world: World, end: int) -> tuple[int | None, dict[int, int]]:
    """The shortest window before `end` with enough warm profiles, and how many each would have."""
    warm = {days: warm_profiles(world, end - days * DAY) for days in WINDOWS_DAYS}
    return window_days(warm), warm


def warm_profiles(world: World, cut: int) -> int:
    """How many profiles watched something before a moment and something else after it."""
    watches = world.watches
    before = watches.moments < cut
    early = np.unique(watches.pairs[before])
    late = np.setdiff1d(watches.pairs[~before], early)
    titles = len(world.title_ids)
    return len(np.intersect1d(np.unique(early // titles), np.unique(late // titles)))


def training_moments(moments: NDArray[np.int64]) -> list[int]:
    """Moments, microseconds since 1970, that divide watches by SHARES; fewer where times repeat."""
    if not len(moments):
        return []
    ordered = np.sort(moments)
    chosen = {int(ordered[int(len(ordered) * share)]) for share in SHARES}
    return sorted(moment for moment in chosen if moment > ordered[0])
