"""Lift the shots of an encoded rung that came out further below its mean than a shot may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jobs.encode.ladder.allocation import LARGEST_FALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.encode.ladder.allocation import ShotCurves

FLOOR_TRIES = 3
"""How often the shots below the floor are encoded again. Lifting them lifts the mean and with it the
floor a little, so a second try is common and a fourth was never needed."""
AIM_ABOVE = 0.2
"""VMAF above the floor that a try aims at, since just below it fails."""


def fallen(means: Mapping[int, float], mean: float, largest_fall: float = LARGEST_FALL) -> set[int]:
    """The shots whose mean VMAF is more than `largest_fall` below that of the title."""
    return {shot for shot, vmaf in means.items() if vmaf < mean - largest_fall}


def lifted(
    crfs: Mapping[int, float],
    means: Mapping[int, float],
    mean: float,
    curves: ShotCurves,
    largest_fall: float = LARGEST_FALL,
) -> dict[int, float]:
    """The CRFs of all shots, those of the fallen ones lowered.

    `means` are what the shots scored in the file that `crfs` gave, `mean` what the title did. A
    shot's curve may be off, but not its slope by much: the CRF is the highest at which the curve
    gains what the shot lacks. One that lacks more than its curve holds gets the lowest CRF of it,
    and one that has that keeps it.
    """
    better = dict(crfs)
    for shot in fallen(means, mean, largest_fall):
        vmaf = curves.vmaf[curves.shots.index(shot)]
        lacking = mean - largest_fall + AIM_ABOVE - means[shot]
        enough = curves.crf[vmaf >= np.interp(crfs[shot], curves.crf, vmaf) + lacking]
        lower = curves.crf[curves.crf < crfs[shot]]
        if lower.size:
            wanted = enough.max() if enough.size else curves.crf[0]
            better[shot] = float(min(wanted, lower.max()))
    return better
