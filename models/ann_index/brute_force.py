"""Search by computing every dot product: exact, and the judge of every other index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.top_titles import blocks, top_titles

if TYPE_CHECKING:
    from numpy.typing import NDArray


class BruteForce:
    """Exact search in blocks that fit in memory."""

    kind = "brute_force"

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._transposed = np.ascontiguousarray(vectors.T)

    def search(
        self, vectors: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """[n, k] places and dot products, best first, equal ones by lower place."""
        codes = np.full((len(vectors), k), -1, np.int32)
        best = np.full((len(vectors), k), -np.inf, np.float32)
        for block in blocks(len(vectors), self._transposed.shape[1]):
            scores = vectors[block] @ self._transposed
            found = top_titles(scores, k)
            codes[block] = found
            taken = np.take_along_axis(scores, np.maximum(found, 0), axis=1)
            best[block] = np.where(found >= 0, taken, -np.inf)
        return codes, best
