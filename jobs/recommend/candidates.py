"""Unite what all sources propose: filtered, each within its budget, without repeats, at most 1,000."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.recommend.cells import cells, packed
from jobs.recommend.policy import FILTERS, SOURCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jobs.recommend.policy import Policy
    from jobs.recommend.sources.source import Source


@dataclass(frozen=True)
class Candidates:
    """The titles that may stand on the pages of a block of profiles."""

    codes: NDArray[np.int32]
    """[profiles, candidates] title codes, rising, -1 behind the last one"""
    bits: NDArray[np.uint8]
    """[profiles, candidates] bit i says that SOURCES[i] proposed it"""
    asked: NDArray[np.int64]
    """[filters] distinct proposals that reached each filter"""
    removed: NDArray[np.int64]
    """[filters] distinct proposals that each filter removed"""


def propose(
    sources: Sequence[Source],
    block: slice,
    verdicts: NDArray[np.uint8],
    watched: NDArray[np.int64],
    policy: Policy,
) -> Candidates:
    """Ask every source, drop what filters remove, and keep the best of each within its budget.

    `verdicts` is [block, titles], 0 where a title may be shown; `watched` [block] how many titles
    each profile has behind it: sources look that much deeper, so that a heavy viewer's lists fill.
    """
    budgets = {budget.source: budget.titles for budget in policy.budgets}
    proposed = np.zeros(verdicts.shape, bool)
    bits = np.zeros(verdicts.shape, np.uint8)
    kept_lists = []
    for source in sources:
        budget = budgets[source.name]
        found = _within_depth(source, block, budget, np.minimum(watched, policy.deepest_watched))
        rows, places = cells(found >= 0)
        proposed[rows, found[rows, places]] = True
        kept = _within_budget(found, verdicts, budget)
        rows, places = cells(kept >= 0)
        bits[rows, kept[rows, places]] |= np.uint8(1 << SOURCES.index(source.name))
        kept_lists.append(kept)
    _drop_weakest(bits, kept_lists, policy.most_candidates)
    return _pack(bits, *_tally(verdicts, proposed))


def _within_depth(
    source: Source, block: slice, budget: int, watched: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Each profile's list ends at its own depth, so that it does not depend on its neighbours'."""
    own = budget + watched
    found = source.candidates(block, int(own.max(initial=0)))
    return np.where(np.arange(found.shape[1]) < own[:, None], found, -1)


def _within_budget(
    found: NDArray[np.int32], verdicts: NDArray[np.uint8], budget: int
) -> NDArray[np.int32]:
    """The first `budget` of each list that may be shown, -1 elsewhere."""
    if not verdicts.shape[1]:
        return found
    passing = (found >= 0) & (np.take_along_axis(verdicts, np.maximum(found, 0), axis=1) == 0)
    return np.where(passing & (np.cumsum(passing, axis=1, dtype=np.int32) <= budget), found, -1)


def _drop_weakest(bits: NDArray[np.uint8], lists: list[NDArray[np.int32]], most: int) -> None:
    """Clear, in profiles with more than `most` titles, those that stand lowest in every list.

    A title is as good as its best place among the kept ones of any source; equals by code.
    """
    rows = np.nonzero((bits != 0).sum(axis=1) > most)[0]
    if not len(rows):
        return
    best = np.full((len(rows), bits.shape[1]), np.iinfo(np.int32).max, np.int32)
    for codes in lists:
        own = codes[rows]
        places = np.cumsum(own >= 0, axis=1, dtype=np.int32)
        row, place = cells(own >= 0)
        at = (row, own[row, place])
        best[at] = np.minimum(best[at], places[row, place])
    order = np.argsort(best, axis=1, kind="stable")
    cleared = bits[rows]
    np.put_along_axis(cleared, order[:, most:], 0, axis=1)
    bits[rows] = cleared


def _tally(
    verdicts: NDArray[np.uint8], proposed: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    counted = np.bincount(verdicts[proposed], minlength=1 + len(FILTERS))
    removed = counted[1:]
    asked = counted.sum() - np.concatenate(([0], np.cumsum(removed)[:-1]))
    return asked.astype(np.int64), removed.astype(np.int64)


def _pack(
    bits: NDArray[np.uint8], asked: NDArray[np.int64], removed: NDArray[np.int64]
) -> Candidates:
    codes, rows, columns, places = packed(bits != 0)
    left = np.zeros(codes.shape, np.uint8)
    left[rows, places] = bits[rows, columns]
    return Candidates(codes, left, asked, removed)
