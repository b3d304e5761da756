"""Lay what a size costs and scores where each shot has its CRF, so that a ladder is chosen of that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from jobs.encode.ladder.allocation import LARGEST_FALL, allocate, shot_curves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.encode.facts import Probe
    from jobs.encode.ladder.allocation import Allocation, ShotCurves
    from jobs.encode.ladder.curves import Curve
    from jobs.encode.ladder.grid import Size


@dataclass(frozen=True, eq=False)
class ByShot:
    """One size."""

    curve: Curve
    """At each CRF the cheapest that scores at least what this one CRF gives all shots together."""
    allocations: dict[float, Allocation]
    """CRF of the curve to those of the shots."""
    shots: ShotCurves


def by_shot(
    probes: Sequence[Probe],
    curves: Sequence[Curve],
    fps: float,
    crf_range: tuple[float, float],
    crf_step: float,
) -> dict[Size, ByShot]:
    """Size to its curve with a CRF a shot, from the probes of all shots of a title.

    A ladder is laid on these and not on `curves`, with one CRF for all: where the floor makes one
    size dear, another gives the same for less. Points at which a shot cannot reach the floor at any
    CRF are left out, and so is a size that has no other. Raises UnevenProbes.
    """
    found = (
        _of_size(curve, shot_curves(probes, curve.size, fps, crf_range, crf_step))
        for curve in curves
    )
    return {one.curve.size: one for one in found if one.allocations}


def _of_size(curve: Curve, shots: ShotCurves) -> ByShot:
    means = shots.share @ shots.vmaf
    all_of_it = {
        float(crf): allocate(shots, float(mean)) for crf, mean in zip(shots.crf, means, strict=True)
    }
    kept = {
        crf: one for crf, one in all_of_it.items() if one.worst_shot_vmaf >= one.vmaf - LARGEST_FALL
    }
    own = replace(
        curve,
        crf=np.array(list(kept)),
        kbps=np.array([one.kbps for one in kept.values()]),
        vmaf=np.array([one.vmaf for one in kept.values()]),
    )
    return ByShot(own, kept, shots)
