"""Put each profile's candidates in the order of their utility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.recommend.cells import cells, descending

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from jobs.recommend.candidates import Candidates

    Utility = Callable[[NDArray[np.int32], NDArray[np.int32]], NDArray[np.float32]]
    """From profile and title codes, one pair each [n], to utilities [n]."""

PAIRS_AT_ONCE = 200_000  # a ranker's columns and layers take some 500 bytes a pair: 100 MB


@dataclass(frozen=True)
class Ranked:
    """The candidates of a block of profiles, best first."""

    codes: NDArray[np.int32]
    """[profiles, candidates] title codes, -1 behind the last one"""
    bits: NDArray[np.uint8]
    """[profiles, candidates] source bits"""
    utilities: NDArray[np.float32]
    """[profiles, candidates] falling, -inf behind the last one"""


def rank(candidates: Candidates, block: slice, utility: Utility) -> Ranked:
    """Ask for the utility of every candidate and sort; equal ones by title code."""
    rows, places = cells(candidates.codes >= 0)
    profiles = (rows + block.start).astype(np.int32)
    titles = candidates.codes[rows, places]
    utilities = np.full(candidates.codes.shape, -np.inf, np.float32)
    for start in range(0, len(rows), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        utilities[rows[part], places[part]] = utility(profiles[part], titles[part])
    return in_order(candidates.codes, candidates.bits, utilities)


def in_order(
    codes: NDArray[np.int32], bits: NDArray[np.uint8], utilities: NDArray[np.float32]
) -> Ranked:
    """Sort each row by falling utility; equal ones keep their order."""
    order = descending(utilities)
    return Ranked(
        np.take_along_axis(codes, order, axis=1),
        np.take_along_axis(bits, order, axis=1),
        np.take_along_axis(utilities, order, axis=1),
    )
