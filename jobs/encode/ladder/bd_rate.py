"""Compare what two ladders cost for the same quality (Bjøntegaard, VCEG-M33, 2001)."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, Literal

import numpy as np

from jobs.encode.ladder.errors import NotComparable
from jobs.encode.ladder.pchip import pchip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jobs.encode.ladder.pchip import Function

    Floats = NDArray[np.float64]
    Method = Literal["pchip", "cubic"]
    Ladder = Sequence[tuple[float, float]]
    """kb/s and VMAF of each rung."""

FEWEST = {"pchip": 2, "cubic": 4}


def bd_rate(anchor: Ladder, test: Ladder, method: Method = "pchip", lowest: float = 0.0) -> float:
    """How much more the test ladder costs than the anchor, in percent; negative where it costs less.

    The mean difference of log rate over the range of VMAF that both have (from `lowest` on), each
    drawn through its points as a function of VMAF: piecewise (pchip, JCTVC-L1100) or by one
    polynomial (cubic, the original). A rung that costs more than another and scores no better is
    left out, as no curve goes through both. Raises NotComparable where the ranges do not meet or
    points are too few.
    """
    costs, scores = zip(_curve(anchor), _curve(test), strict=True)
    fewest = min(len(one) for one in scores)
    if fewest < FEWEST[method]:
        raise NotComparable(f"{method} needs {FEWEST[method]} points and one of them has {fewest}")
    low, high = max(lowest, *(one[0] for one in scores)), min(one[-1] for one in scores)
    if low >= high:
        ranges = " and ".join(f"{one[0]:.1f} to {one[-1]:.1f}" for one in scores)
        raise NotComparable(f"their VMAF ranges are {ranges}")
    of_anchor, of_test = (
        _mean(_drawn(score, cost, method), score, low, high)
        for score, cost in zip(scores, costs, strict=True)
    )
    return 100 * (exp(of_test - of_anchor) - 1)


def _curve(ladder: Ladder) -> tuple[Floats, Floats]:
    """[points] log rate and VMAF of the rungs that nothing cheaper equals, both rising."""
    kept: list[tuple[float, float]] = []
    for rung in sorted(ladder, key=lambda one: (one[0], -one[1])):
        if not kept or rung[1] > kept[-1][1]:
            kept.append(rung)
    kbps, vmaf = np.array(kept, dtype=np.float64).reshape(-1, 2).T
    return np.log(kbps), vmaf


def _drawn(x: Floats, y: Floats, method: Method) -> Function:
    if method == "pchip":
        return pchip(x, y)
    centre = x.mean()  # powers of VMAF itself would lose digits
    coefficients = np.polyfit(x - centre, y, 3)
    return lambda at: np.asarray(np.polyval(coefficients, at - centre))


def _mean(drawn: Function, knots: Floats, low: float, high: float) -> float:
    """Of a function that is cubic between knots: Simpson's rule is exact on each stretch."""
    edges = np.unique(np.concatenate([[low, high], knots[(low < knots) & (knots < high)]]))
    middles = (edges[:-1] + edges[1:]) / 2
    heights = (drawn(edges[:-1]) + 4 * drawn(middles) + drawn(edges[1:])) / 6
    return float(np.sum(heights * np.diff(edges)) / (high - low))
