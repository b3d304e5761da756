"""Cut histories into windows: the last few titles before a moment, and the titles of that moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.histories import Histories

LENGTH = 5
"""How many of the last titles a window holds."""
WIDTH = 5
"""How many titles of one moment share a window; a moment with more has several windows."""


class Windows(NamedTuple):
    """What had been watched and what came next, row by row."""

    last: NDArray[np.int32]
    """[windows, LENGTH] most recent first, -1 where there is none"""
    coming: NDArray[np.int32]
    """[windows, WIDTH] titles of the moment that follows, at least one, else -1"""


class Steps(NamedTuple):
    """Watches by profile, oldest first, a title watched again at once left out; all [steps]."""

    profiles: NDArray[np.int32]
    titles: NDArray[np.int32]
    times: NDArray[np.float64]


def steps(histories: Histories) -> Steps:
    """The watches that moved on: a play and the completion of the same title are one step."""
    profiles, titles = histories.profiles, histories.titles
    moved = np.ones(len(titles), bool)
    moved[1:] = (titles[1:] != titles[:-1]) | (profiles[1:] != profiles[:-1])
    return Steps(profiles[moved], titles[moved], histories.times[moved])


def windows(histories: Histories) -> Windows:
    """Every watch stands among the coming titles of one window, whose last titles are older.

    Titles that share a time have no known order, so they share their last titles too: the same
    second is the future. A title that is among its own last titles is no news and is left out.
    """
    walk = steps(histories)
    if len(walk.titles) == 0:
        return Windows(np.zeros((0, LENGTH), np.int32), np.zeros((0, WIDTH), np.int32))
    fresh = np.ones(len(walk.titles), bool)
    fresh[1:] = (np.diff(walk.profiles) != 0) | (np.diff(walk.times) != 0)
    moments = np.flatnonzero(fresh)
    sizes = np.diff(np.append(moments, len(fresh)))
    parts = -(-sizes // WIDTH)
    begins, ends = np.repeat(moments, parts), np.repeat(moments + sizes, parts)
    part = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    places = (begins + part * WIDTH)[:, None] + np.arange(WIDTH)
    coming = np.where(places < ends[:, None], walk.titles[np.minimum(places, len(fresh) - 1)], -1)
    last = _before(walk, begins, np.searchsorted(walk.profiles, walk.profiles[begins]))
    coming[(coming[:, :, None] == last[:, None, :]).any(axis=2)] = -1
    kept = (coming >= 0).any(axis=1)
    return Windows(last[kept], coming[kept].astype(np.int32))


def newest(histories: Histories, block: slice = slice(None)) -> NDArray[np.int32]:
    """[block, LENGTH] the last titles of profiles as a window holds them."""
    walk = steps(histories)
    chosen = np.arange(len(histories.profile_ids))[block]
    begins, ends = (np.searchsorted(walk.profiles, chosen, side) for side in ("left", "right"))
    return _before(walk, ends, begins)


def _before(walk: Steps, places: NDArray[np.int64], begins: NDArray[np.int64]) -> NDArray[np.int32]:
    """[n, LENGTH] the titles of the steps before `places`, none before `begins`."""
    back = places[:, None] - 1 - np.arange(LENGTH)
    titles = walk.titles if len(walk.titles) else np.full(1, -1, np.int32)
    return np.where(back >= begins[:, None], titles[np.maximum(back, 0)], -1).astype(np.int32)
