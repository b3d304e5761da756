"""Find the titles that a profile watched last, as known before a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.watches import Watches

DEPTH = 200
"""How many of a profile's newest watches are looked through for distinct titles; a bound on the
work for those who watch one show hundreds of times."""


def recent_titles(
    watches: Watches, profiles: NDArray[np.int32], as_of: NDArray[np.int64], length: int
) -> NDArray[np.int32]:
    """[n, length] distinct title codes, newest first, -1 where there are fewer.

    A watch counts where both its event time and its known time are before `as_of` (microseconds).
    """
    place = watches.happened_before(profiles, as_of) - 1
    first = watches.offsets[profiles]
    found = np.full((len(profiles), length), -1, np.int32)
    count = np.zeros(len(profiles), np.int64)
    again = watches.comes_again
    looked = np.zeros(len(profiles), np.int64)
    active = np.flatnonzero(place >= first)
    while len(active):
        here = place[active]
        title = watches.titles[here]
        taken = watches.moments[here] < as_of[active]
        looked[active] += taken  # what was not known yet is not there, not even to be counted
        repeated = taken & again[here]
        rows = active[repeated]
        taken[repeated] = (found[rows] != title[repeated, None]).all(axis=1)
        rows = active[taken]
        found[rows, count[rows]] = title[taken]
        count[rows] += 1
        place[active] -= 1
        more = (place[active] >= first[active]) & (count[active] < length)
        active = active[more & (looked[active] < DEPTH)]
    return found
