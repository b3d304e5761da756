"""Find the points of all sizes that nothing cheaper equals.

Not the vertices of the concave hull: VMAF over log rate is S-shaped, and its hull was measured to
jump from a point of 16 kb/s and VMAF 10 straight to one of 247 kb/s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobs.encode.ladder.curves import Curve
    from jobs.encode.ladder.grid import Size


@dataclass(frozen=True)
class Point:
    """What one size and CRF is predicted to cost and score."""

    codec: str
    size: Size
    crf: float
    kbps: float
    vmaf: float


def points(curves: Sequence[Curve], crf_step: float = 1.0) -> list[Point]:
    """Those of every curve at the multiples of `crf_step`.

    Whole CRFs lose nothing measurable below the top (8.3 % of gain for 8.4 %) and are all that some
    encoders take; at the top a step of one is .6 to .8 VMAF, so a finer one lands nearer the target.
    """
    return [
        Point(curve.codec, curve.size, float(crf), float(kbps), float(vmaf))
        for curve in (one.in_steps(crf_step) for one in curves)
        for crf, kbps, vmaf in zip(curve.crf, curve.kbps, curve.vmaf, strict=True)
    ]


def front(candidates: Iterable[Point]) -> list[Point]:
    """The points that no other point matches at the same rate or less, cheapest first."""
    kept: list[Point] = []
    for point in sorted(candidates, key=lambda one: (one.kbps, -one.vmaf)):
        if not kept or point.vmaf > kept[-1].vmaf:
            kept.append(point)
    return kept
