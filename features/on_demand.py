"""Compute the features that exist only for a pair or a moment; training and serving call the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MICROSECONDS_A_DAY = 86_400_000_000
MICROSECONDS_AN_HOUR = 3_600_000_000


def weekday(at: NDArray[np.int64]) -> NDArray[np.int32]:
    """[n] the day of the week of microseconds since 1970 (a Thursday), Monday 0."""
    return ((at // MICROSECONDS_A_DAY + 3) % 7).astype(np.int32)


def hour(at: NDArray[np.int64]) -> NDArray[np.int32]:
    """[n] the hour of the day of microseconds since 1970, UTC."""
    return (at % MICROSECONDS_A_DAY // MICROSECONDS_AN_HOUR).astype(np.int32)


def genre_match(
    affinities: NDArray[np.float64], rows: NDArray[np.integer], genres: NDArray[np.int32]
) -> NDArray[np.float64]:
    """[n] the sum of a profile's affinities to a title's genres.

    `affinities` is [rows, genres + 1] with zeros in the last column, `rows` [n] the row of each
    pair and `genres` [n, most] the genre codes of each pair's title, -1 (the last column) where
    there are fewer.
    """
    match = np.zeros(len(rows))
    for place in range(genres.shape[1]):
        match += affinities[rows, genres[:, place]]
    return match
