"""The ladder that every title gets alike: what a per-title ladder is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.encode.ladder.curves import at_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.encode.ladder.curves import Curve
    from jobs.encode.ladder.grid import Size

WIDTHS_AND_KBPS = (
    (416, 145),
    (640, 365),
    (768, 730),
    (768, 1100),
    (960, 2000),
    (1280, 3000),
    (1280, 4500),
)
"""Apple's HLS authoring specification, H.264, 30 frames a second and less, up to 720 lines."""
CAPPED_KEPT = 2
"""Of the rungs that are wider than the source, so many of the cheapest stay, at its size."""
MAXRATE = 1.5
"""The cap over the rate; two passes of x264 medium, key frames every 2 s and not at cuts."""


@dataclass(frozen=True)
class FixedRung:
    """One step of the fixed ladder, which is encoded to its rate and not to a CRF."""

    width: int
    height: int
    kbps: float
    maxrate_kbps: float


@dataclass(frozen=True)
class Foreseen:
    """What a rung of the fixed ladder would score, by the curves of the title."""

    rung: FixedRung
    vmaf: float
    """Mean."""
    within: bool
    """Whether the curves reach the rung's rate; else this is what they say at their end."""


def foreseen(source: Size, curves: Sequence[Curve]) -> list[Foreseen]:
    """The fixed ladder of a source of this size as its H.264 curves foresee it, lowest first.

    Each rung is looked up at its own rate, one that is smaller than all probed sizes at the smallest
    of those. Against 60 rungs that were encoded by two passes (nine scenes), by curves of
    log(102 - VMAF), before log odds: .39 VMAF of mean absolute error and 1.4 at most, but 2.4 on the
    one that is smaller (bikes at 416x176).
    """
    return [_foreseen(rung, curves) for rung in fixed_ladder(source)]


def _foreseen(rung: FixedRung, curves: Sequence[Curve]) -> Foreseen:
    curve = at_size(curves, (rung.width, rung.height))
    rates, scores = np.log(curve.kbps[::-1]), curve.vmaf[::-1]
    rate = np.log(rung.kbps)
    return Foreseen(
        rung, float(np.interp(rate, rates, scores)), bool(rates[0] <= rate <= rates[-1])
    )


def fixed_ladder(source: Size) -> list[FixedRung]:
    """The rungs for a source of this size, lowest first, heights even and of its aspect."""
    wider = [rung for rung in WIDTHS_AND_KBPS if rung[0] > source[0]]
    left_out = set(wider[CAPPED_KEPT:])
    return [
        FixedRung(*_fitted(width, source), kbps, MAXRATE * kbps)
        for width, kbps in WIDTHS_AND_KBPS
        if (width, kbps) not in left_out
    ]


def _fitted(width: int, source: Size) -> Size:
    if width >= source[0]:
        return source
    return width, 2 * round(width * source[1] / source[0] / 2)
