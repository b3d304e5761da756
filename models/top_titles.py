"""Pick each profile's best titles out of a block of scores, ties always the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from features.histories import Histories

BLOCK_SCORES = 4_000_000  # scores computed at once: 16 MB of float32


def top_titles(scores: NDArray[np.floating], k: int) -> NDArray[np.int32]:
    """[profiles, k] the codes with the highest scores, best first; equal scores by lower code.

    A score of -inf is no candidate: lists with fewer than k candidates end in -1.
    """
    profiles, titles = scores.shape
    taken = min(k, titles)
    worst = -np.partition(-scores, taken - 1, axis=1)[:, taken - 1 : taken]
    picked = scores >= worst
    surplus = np.count_nonzero(picked, axis=1) - taken
    tied = np.flatnonzero(surplus)  # few rows: only they pay for breaking ties
    level = scores[tied] == worst[tied]
    wanted = level.sum(axis=1) - surplus[tied]
    picked[tied] &= ~level | (np.cumsum(level, axis=1, dtype=np.int32) <= wanted[:, None])
    # flat places: two-dimensional nonzero is seven times slower
    places = np.flatnonzero(picked) - np.repeat(np.arange(profiles) * titles, taken)
    codes = places.reshape(profiles, taken)
    best = np.take_along_axis(scores, codes, axis=1)
    order = np.argsort(-best, axis=1, kind="stable")
    ranked = np.full((profiles, k), -1, np.int32)
    ranked[:, :taken] = np.where(
        np.take_along_axis(best, order, axis=1) > -np.inf,
        np.take_along_axis(codes, order, axis=1),
        -1,
    )
    return ranked


def without_watched(
    scores: NDArray[np.floating], histories: Histories, block: slice
) -> NDArray[np.floating]:
    """The scores of a block of profiles with -inf at what each has watched; changes them in place."""
    lengths = histories.lengths[block]
    watched = histories.titles[histories.offsets[block.start] : histories.offsets[block.stop]]
    scores[np.repeat(np.arange(len(lengths)), lengths), watched] = -np.inf
    return scores


def blocks(profiles: int, titles: int) -> Iterator[slice]:
    """Slices of profiles whose [profiles, titles] scores fit in memory at once."""
    step = max(1, BLOCK_SCORES // max(titles, 1))
    for start in range(0, profiles, step):
        yield slice(start, min(start + step, profiles))


class Scores(Protocol):
    """What scores all titles for a block of profiles: a baseline, a two-tower model."""

    def scores(self, histories: Histories, block: slice) -> NDArray[np.float32]:
        """[block, titles] higher is better."""
        ...


def ranked_titles(model: Scores, histories: Histories, k: int) -> NDArray[np.int32]:
    """[profiles, k] each profile's best titles among those that it has not watched."""
    ranked = [
        top_titles(without_watched(model.scores(histories, block), histories, block), k)
        for block in blocks(len(histories.profile_ids), len(histories.title_ids))
    ]
    return np.concatenate(ranked) if ranked else np.zeros((0, k), np.int32)
