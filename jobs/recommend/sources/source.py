"""Say what every source can do: name its best titles for a block of profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.histories import Histories


class Source(Protocol):
    """One way to find candidates; knows nothing of filters, budgets and other sources."""

    name: str
    """One of `policy.SOURCES`."""

    def candidates(self, block: slice, depth: int) -> NDArray[np.int32]:
        """[block, at most depth] title codes, best first, -1 behind the last one.

        A shorter answer is the beginning of a longer one, and no profile's answer depends on the
        others of its block: pages must not change with the size of blocks.
        """
        ...


def last_titles(histories: Histories, block: slice, length: int) -> NDArray[np.int32]:
    """[block, length] the newest watches of each profile, newest first, -1 where there is none."""
    starts, ends = histories.offsets[:-1][block], histories.offsets[1:][block]
    places = ends[:, None] - 1 - np.arange(length)
    if not len(histories.titles):
        return np.full(places.shape, -1, np.int32)
    newest = histories.titles[np.maximum(places, 0)]
    return np.where(places >= starts[:, None], newest, -1).astype(np.int32)
