"""Propose what is watched together with, or soon after, what a profile watched last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.title_pairs import (
    CO_WATCH_LENGTH,
    LAST_WEIGHTS,
    co_watch_scores,
    transition_scores,
)
from jobs.recommend.cells import packed
from jobs.recommend.sources.source import last_titles
from models.top_titles import top_titles

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from features.histories import Histories


class CoWatch:
    """The titles whose audiences are most like those of the newest watches."""

    name = "co_watch"

    def __init__(self, matrix: csr_matrix, histories: Histories) -> None:
        self._matrix = matrix
        self._histories = histories

    def candidates(self, block: slice, depth: int) -> NDArray[np.int32]:
        """[block, depth]"""
        newest = last_titles(self._histories, block, CO_WATCH_LENGTH)
        return _best(co_watch_scores(self._matrix, newest), depth)


class Transitions:
    """The titles that most often follow the last three watches."""

    name = "transitions"

    def __init__(self, matrix: csr_matrix, histories: Histories) -> None:
        self._matrix = matrix
        self._histories = histories

    def candidates(self, block: slice, depth: int) -> NDArray[np.int32]:
        """[block, depth]"""
        newest = last_titles(self._histories, block, len(LAST_WEIGHTS))
        return _best(transition_scores(self._matrix, newest), depth)


def _best(scores: NDArray[np.float64], depth: int) -> NDArray[np.int32]:
    """[block, depth] the titles with the highest positive scores, of which each row has few."""
    codes, rows, columns, places = packed(scores > 0)
    values = np.full(codes.shape, -np.inf)
    values[rows, places] = scores[rows, columns]
    if not codes.shape[1]:
        return codes
    best = top_titles(values, min(depth, codes.shape[1]))
    return np.where(best >= 0, np.take_along_axis(codes, np.maximum(best, 0), axis=1), -1)
