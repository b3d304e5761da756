"""Propose the titles that lie nearest to a profile in the space of the two-tower model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Index(Protocol):
    """What finds the nearest title vectors: an index of `models.ann_index`."""

    def search(
        self, vectors: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """[n, k] places in the index, nearest first, and their scores."""
        ...


class TwoTower:
    """The titles whose vectors have the largest dot product with the profile's.

    `places` maps places in the index to title codes. The search always goes `reach` deep: an
    approximate index may answer a shorter question otherwise.
    """

    name = "two_tower"

    def __init__(
        self,
        profile_vectors: NDArray[np.float32],
        index: Index,
        places: NDArray[np.int32],
        reach: int,
    ) -> None:
        self._profile_vectors = profile_vectors
        self._index = index
        self._places = places
        self._reach = min(reach, len(places))

    def candidates(self, block: slice, depth: int) -> NDArray[np.int32]:
        """[block, at most reach]"""
        found, _ = self._index.search(self._profile_vectors[block], self._reach)
        return np.where(found >= 0, self._places[found], -1)[:, :depth].astype(np.int32)
