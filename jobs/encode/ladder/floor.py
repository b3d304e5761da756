"""Lift the shots of an encoded rung that came out further below its mean than a shot may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jobs.encode.ladder.allocation import LARGEST_FALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.encode.ladder.allocation import Floats, ShotCurves

FLOOR_TRIES = 3
"""How often the shots below the floor are encoded again."""
AIM_ABOVE = 0.5
"""VMAF above the floor that a try aims at: a step of CRF gives up to as much more than it should, which
lifts the mean, and with it the floor, of all."""
SETTLED = 1e-3
"""VMAF by which the floor may still rise when it is taken for where it will be."""


def fallen(means: Mapping[int, float], mean: float) -> set[int]:
    """The shots whose mean VMAF is more than LARGEST_FALL below that of the title."""
    return {shot for shot, vmaf in means.items() if vmaf < mean - LARGEST_FALL}


def lifted(
    crfs: Mapping[int, float], means: Mapping[int, float], curves: ShotCurves
) -> dict[int, float]:
    """The CRFs of all shots, those of the fallen ones lowered.

    `means` are what the shots scored in the file that `crfs` gave. A shot's curve may be off, but
    not its slope by much: the CRF is the highest at which the curve gains what the shot lacks.
    Lifting shots lifts the mean and with it the floor, so they are lifted a little above where it
    will be, and so is who would then be below that. A shot that lacks more than its curve holds
    gets the lowest CRF of it, and one that has that keeps it.
    """
    scores = np.array([means[shot] for shot in curves.shots])
    if not fallen(means, float(curves.share @ scores)):
        return dict(crfs)
    aim = _risen(scores, curves.share) + AIM_ABOVE
    better = dict(crfs)
    for place, shot in enumerate(curves.shots):
        vmaf, lower = curves.vmaf[place], curves.crf[curves.crf < crfs[shot]]
        lacking = aim - means[shot]
        if lacking <= 0 or not lower.size:
            continue
        enough = curves.crf[vmaf >= np.interp(crfs[shot], curves.crf, vmaf) + lacking]
        wanted = enough.max() if enough.size else curves.crf[0]
        better[shot] = float(min(wanted, lower.max()))
    return better


def _risen(scores: Floats, share: Floats) -> float:
    """Where the floor is when all below the aim are lifted to it; it rises by less each time round."""
    mean = float(share @ scores)
    floor, before = mean - LARGEST_FALL, -np.inf
    while floor - before > SETTLED:
        before = floor
        lift = np.maximum(floor + AIM_ABOVE - scores, 0.0)
        floor = mean + float(share @ lift) - LARGEST_FALL
    return floor
