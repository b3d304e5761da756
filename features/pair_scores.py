"""Score profile and title pairs as of many times, with the matrices that each night could know.

A matrix holds what was known at the last midnight before a label, so it is moved from night to night
by what the night added. It is dense and cut into blocks of columns that fit in memory, because a
label needs single cells, at random; the profile's own last titles are exact to the microsecond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.nightly_pairs import Audiences, Follows
from features.recent import recent_titles
from features.title_pairs import (
    CO_WATCH_LENGTH,
    LAST_WEIGHTS,
    TRANSITION_UNIT,
    believed,
)
from features.watches import DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.watches import Watches

CELLS = 1 << 27
"""How many cells of a matrix are held at once: half a gigabyte of counts."""
LABELS_AT_ONCE = 1 << 16
"""How many labels are scored at once; each holds fifty numbers of eight bytes a few times over."""


def pair_scores(
    watches: Watches,
    profiles: NDArray[np.int32],
    titles: NDArray[np.int32],
    as_of: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[labels] the co-watch score and the transition score of each label as of its time."""
    co_watch, transition = np.zeros(len(titles)), np.zeros(len(titles))
    width = max(1, CELLS // max(1, len(watches.title_ids)))
    audience, follows = Audiences.of(watches), Follows.of(watches)
    for start in range(0, len(watches.title_ids), width):
        block = slice(start, min(start + width, len(watches.title_ids)))
        inside = np.flatnonzero((titles >= block.start) & (titles < block.stop))
        both = audience.by_night(block, as_of[inside] // DAY)
        steps = follows.by_night(block, as_of[inside] // DAY)
        for (rows, counts, sizes), (_, units) in zip(both, steps, strict=True):
            for part in np.array_split(inside[rows], len(rows) // LABELS_AT_ONCE + 1):
                column = titles[part] - block.start
                last = _last(watches, profiles[part], as_of[part])
                co_watch[part] = _likeness_of_last(last, column, titles[part], counts, sizes)
                transition[part] = _steps_from_last(last, column, units)
    return co_watch, transition


def _last(
    watches: Watches, profiles: NDArray[np.int32], as_of: NDArray[np.int64]
) -> NDArray[np.int32]:
    """[labels, 50] the last titles of each label; labels of one profile and time share the work."""
    order = np.lexsort((as_of, profiles))
    p, t = profiles[order], as_of[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (p[1:] != p[:-1]) | (t[1:] != t[:-1])
    last = recent_titles(watches, p[fresh], t[fresh], CO_WATCH_LENGTH)
    back = np.empty(len(order), np.int64)
    back[order] = np.cumsum(fresh) - 1
    return last[back]


def _likeness_of_last(
    last: NDArray[np.int32],
    column: NDArray[np.int32],
    titles: NDArray[np.int32],
    counts: NDArray[np.int32],
    sizes: NDArray[np.int64],
) -> NDArray[np.float64]:
    """[labels] what `title_pairs.co_watch_scores` gives, of the cells that are asked for only."""
    known = last >= 0
    both = counts.ravel().take(last.astype(np.int64) * counts.shape[1] + column[:, None])
    both *= known & (last != titles[:, None])
    shares = believed(np.arange(both.max(initial=0) + 1.0))
    scale = 1 / np.sqrt(np.maximum(sizes, 1))
    alike = np.einsum("nl,nl->n", shares.take(both), scale.take(last)) * scale[titles]
    scores: NDArray[np.float64] = alike / np.maximum(known.sum(axis=1), 1)
    return scores


def _steps_from_last(
    last: NDArray[np.int32], column: NDArray[np.int32], units: NDArray[np.int32]
) -> NDArray[np.float64]:
    """[labels] what `title_pairs.transition_scores` gives, of the cells that are asked for only."""
    newest = last[:, : len(LAST_WEIGHTS)]
    steps = np.where(newest >= 0, units[newest, column[:, None]], 0) / TRANSITION_UNIT
    scores: NDArray[np.float64] = np.log1p(steps @ np.asarray(LAST_WEIGHTS))
    return scores
