"""Draw the titles of the explored slots, and say with which probability each would stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # the increment of SplitMix64
FNV_START, FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a, 64 bits


def draws(seed: int, night: date, profile_ids: Sequence[str], slot: int) -> NDArray[np.float64]:
    """[profiles] one number in [0, 1) for each, from the arguments alone.

    FNV-1a over the letters of the id, stirred by SplitMix64 (Steele et al., 2014) with the seed,
    the night and the slot: no generator's state, so neither order nor blocks change a draw.
    """
    letters = np.array(profile_ids, dtype=np.str_)
    points = letters.view(np.uint32).reshape(len(letters), -1)
    hashed = np.full(len(letters), FNV_START)
    for column in points.T:
        mixed = (hashed ^ column.astype(np.uint64)) * FNV_PRIME
        hashed = np.where(column == 0, hashed, mixed)  # ids end where their letters do
    for number in (seed, night.toordinal(), slot):
        hashed = _stirred(hashed ^ np.uint64(number % 2**64))
    return (hashed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def draw(
    there: NDArray[np.bool_], weights: tuple[float, ...], drawn: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw one place of each profile's pool [profiles, pool]; a place that is not `there` has none.

    Place i has a share of weights[i]; where places are missing the shares of the others grow in
    proportion. Returns the places and P(place); where nothing is there, place 0 and P = 1.
    """
    shares = np.where(there, np.asarray(weights)[: there.shape[1]], 0.0)
    shares[~there.any(axis=1), 0] = 1.0
    shares /= shares.sum(axis=1, keepdims=True)
    edges = np.cumsum(shares, axis=1)
    places = (edges <= drawn[:, None]).sum(axis=1)
    last = there.shape[1] - 1 - np.argmax((shares > 0)[:, ::-1], axis=1)
    places = np.minimum(places, last)  # the last edge may fall short of 1 by rounding
    return places, np.take_along_axis(shares, places[:, None], axis=1)[:, 0]


def _stirred(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    stirred = numbers + GOLDEN
    stirred = (stirred ^ (stirred >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    stirred = (stirred ^ (stirred >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return stirred ^ (stirred >> np.uint64(31))
