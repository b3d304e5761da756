"""Find and order cells of [profiles, titles] arrays, where NumPy's own ways cost several times more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOW_HALF = np.int64(0xFFFFFFFF)


def cells(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows and columns of the true cells, in order; as np.nonzero at a fifth of its time."""
    counts = np.count_nonzero(mask, axis=1)
    rows = np.repeat(np.arange(len(mask)), counts)
    return rows, np.flatnonzero(mask) - rows * mask.shape[1]


def packed(
    mask: NDArray[np.bool_],
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The columns of the true cells pushed to the left, [rows, most in a row], -1 behind the last.

    Also returns, cell by cell, the row, the column and the place to which it was pushed.
    """
    rows, columns = cells(mask)
    counts = np.bincount(rows, minlength=len(mask))
    places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    left = np.full((len(mask), int(counts.max(initial=0))), -1, np.int32)
    left[rows, places] = columns
    return left, rows, columns, places


def descending(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """[rows, columns] the columns of each row by falling value, equal ones in order; no NaN.

    Sorts whole numbers that hold the value's bits above the column: a stable argsort takes twice
    as long. The bits of a float rise with its value once those of negative ones are flipped.
    """
    bits = (values + np.float32(0.0)).view(np.int32)  # -0.0 becomes 0.0: they are equal
    rising = np.where(bits < 0, bits ^ np.int32(0x7FFFFFFF), bits).astype(np.int64)
    keys = (-rising << 32) | np.arange(values.shape[1])
    keys.sort(axis=1)
    return keys & LOW_HALF
