"""Reduce histories to distinct titles, newest first, with the weight of their recency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.histories import Histories


@dataclass(frozen=True)
class WatchedTitles:
    """Each profile's distinct titles in compressed rows, newest first."""

    offsets: NDArray[np.int64]
    """[profiles + 1]"""
    titles: NDArray[np.int32]
    """[pairs] title codes"""
    recency: NDArray[np.float32]
    """[pairs] rank ** -power, the newest having rank 1"""

    @property
    def rows(self) -> NDArray[np.int64]:
        """[pairs] the profile of each."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


def watched_titles(histories: Histories, power: float, longest: int) -> WatchedTitles:
    """Keep each profile's `longest` newest distinct titles; a title watched again is as new."""
    profiles = histories.profiles[::-1].astype(np.int64)
    titles = histories.titles[::-1]
    width = len(histories.title_ids) + 1
    _, first = np.unique(profiles * width + titles, return_index=True)
    newest_first = np.sort(first)  # reversed histories: the first of a pair is its newest watch
    order = newest_first[np.argsort(profiles[newest_first], kind="stable")]
    profiles, titles = profiles[order], titles[order]
    starts = np.searchsorted(profiles, np.arange(len(histories.profile_ids) + 1))
    rank = np.arange(len(order)) - starts[profiles]
    kept = rank < longest
    counts = np.bincount(profiles[kept], minlength=len(histories.profile_ids))
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    recency = (rank[kept] + 1.0) ** -power
    return WatchedTitles(offsets, titles[kept].astype(np.int32), recency.astype(np.float32))
