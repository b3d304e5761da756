"""Draw a smooth curve through points that rises and falls only where they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Function = Callable[[Floats], Floats]


def pchip(x: Floats, y: Floats) -> Function:
    """The piecewise cubic Hermite interpolant of [points] values at rising x, two or more.

    Slopes after Fritsch and Butland (1984), so that it is monotone wherever the points are; beyond
    the first and last point it goes on along its tangent.
    """
    slopes = _slopes(x, y)
    gaps, rises = np.diff(x), np.diff(y)

    def drawn(at: Floats) -> Floats:
        inside = np.clip(at, x[0], x[-1])
        left = np.clip(np.searchsorted(x, inside, side="right") - 1, 0, len(gaps) - 1)
        gap, t = gaps[left], (inside - x[left]) / gaps[left]
        first, last = slopes[left] * gap, slopes[left + 1] * gap
        bend = (first + last - 2 * rises[left]) * t + 3 * rises[left] - 2 * first - last
        end = np.where(at < x[0], slopes[0], slopes[-1])
        return np.asarray(y[left] + t * (first + t * bend) + end * (at - inside))

    return drawn


def _slopes(x: Floats, y: Floats) -> Floats:
    gaps = np.diff(x)
    rises = np.diff(y) / gaps
    if len(x) == 2:
        return np.repeat(rises, 2)
    before, after = rises[:-1], rises[1:]
    weight_before, weight_after = gaps[:-1] + 2 * gaps[1:], 2 * gaps[:-1] + gaps[1:]
    turns = before * after <= 0  # a top, a bottom or a flat stretch
    safe_before, safe_after = np.where(turns, 1.0, before), np.where(turns, 1.0, after)
    mean = (weight_before + weight_after) / (
        weight_before / safe_before + weight_after / safe_after
    )
    start = _end_slope(gaps[0], gaps[1], rises[0], rises[1])
    end = _end_slope(gaps[-1], gaps[-2], rises[-1], rises[-2])
    return np.concatenate([[start], np.where(turns, 0.0, mean), [end]])


def _end_slope(gap: float, next_gap: float, rise: float, next_rise: float) -> float:
    """Of the parabola through the three points at an end, held to what keeps it monotone."""
    slope = ((2 * gap + next_gap) * rise - gap * next_rise) / (gap + next_gap)
    if slope * rise <= 0:
        return 0.0
    if rise * next_rise <= 0 and abs(slope) > 3 * abs(rise):
        return 3 * rise
    return slope
