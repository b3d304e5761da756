"""Propose the neighbours of a few titles that a profile watched, to stand in rows of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jobs.recommend.sources.source import last_titles

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from features.histories import Histories
    from jobs.recommend.policy import Policy

NOBODY = np.zeros(0, np.int64)
ANCHOR_HISTORY = 50  # an anchor further back is no longer "because you watched" to anyone


class BecauseYouWatched:
    """The best co-watched titles of each anchor, the anchors taking turns."""

    name = "because_you_watched"

    def __init__(self, matrix: csr_matrix, anchors: NDArray[np.int32], policy: Policy) -> None:
        self._neighbours = best_of_rows(matrix, policy.neighbours_of_anchor)
        self._anchors = anchors

    def anchors(self, block: slice) -> NDArray[np.int32]:
        """[block, anchors] -1 where there is none"""
        return self._anchors[block]

    def neighbours(self, block: slice) -> NDArray[np.int32]:
        """[block, anchors, neighbours]"""
        own = self._anchors[block]
        return np.where(own[:, :, None] >= 0, self._neighbours[own], -1)

    def candidates(self, block: slice, depth: int) -> NDArray[np.int32]:
        """[block, at most depth] without repeats"""
        turns = self.neighbours(block).transpose(0, 2, 1)
        return without_repeats(turns.reshape(len(turns), -1))[:, :depth]


def anchors(
    histories: Histories,
    count: int,
    liked: NDArray[np.int64] = NOBODY,
    disliked: NDArray[np.int64] = NOBODY,
) -> NDArray[np.int32]:
    """[profiles, count] the newest watched titles to name on a page: liked ones first.

    `liked` and `disliked` are pairs, profile code * titles + title code; a disliked title is never
    named.
    """
    everyone = slice(0, len(histories.profile_ids))
    newest = without_repeats(last_titles(histories, everyone, ANCHOR_HISTORY))
    titles = len(histories.title_ids)
    keys = np.arange(len(newest))[:, None] * titles + newest
    rank = np.where(np.isin(keys, liked), 0, 1)
    rank[(newest < 0) | np.isin(keys, disliked)] = 2
    order = np.argsort(rank, axis=1, kind="stable")[:, :count]
    picked = np.take_along_axis(newest, order, axis=1)
    return np.where(np.take_along_axis(rank, order, axis=1) < 2, picked, -1).astype(np.int32)


def best_of_rows(matrix: csr_matrix, count: int) -> NDArray[np.int32]:
    """[rows, count] the columns of each row's largest positive values, largest first, then -1."""
    sparse = matrix.tocsr()
    rows = np.repeat(np.arange(sparse.shape[0]), np.diff(sparse.indptr))
    order = np.lexsort((sparse.indices, -sparse.data, rows))
    places = np.arange(len(order)) - sparse.indptr[rows]
    kept = (places < count) & (sparse.data[order] > 0)
    best = np.full((sparse.shape[0], count), -1, np.int32)
    best[rows[kept], places[kept]] = sparse.indices[order][kept]
    return best


def without_repeats(codes: NDArray[np.int32]) -> NDArray[np.int32]:
    """The same rows with the first of equal codes only, gaps closed, -1 behind the last."""
    order = np.argsort(codes, axis=1, kind="stable")
    ordered = np.take_along_axis(codes, order, axis=1)
    repeated = np.zeros(codes.shape, bool)
    np.put_along_axis(repeated[:, :], order[:, 1:], ordered[:, 1:] == ordered[:, :-1], axis=1)
    kept = np.where(repeated, -1, codes)
    gaps_last = np.argsort(kept < 0, axis=1, kind="stable")
    return np.take_along_axis(kept, gaps_last, axis=1)
