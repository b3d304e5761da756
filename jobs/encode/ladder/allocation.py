"""Give each shot of a rung its own CRF, so that a bit buys as much in one shot as in any other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.encode.ladder.curves import fit
from jobs.encode.ladder.grid import arrange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jobs.encode.facts import Probe
    from jobs.encode.ladder.grid import Size

    Floats = NDArray[np.float64]

LARGEST_FALL = 3.0
"""How far below the mean a shot may score. Without a floor the worst was measured to fall 20 points
lower; with this one 4.5 to 5 of the 5 to 6 % that equal slope saves are left."""
LOG_PRICES = (-20.0, 20.0)
"""Of the logarithm of the price of a point of VMAF in kb/s: from as good as nothing to any price."""
HALVINGS = 60
"""Of that range: as finely as floats can tell."""


@dataclass(frozen=True, eq=False)
class ShotCurves:
    """What every shot of a title costs and scores at one size, at the CRFs that its encoder takes."""

    shots: tuple[int, ...]
    share: Floats
    """[shots] of the title's frames."""
    crf: Floats
    """[crfs] rising."""
    kbps: Floats
    """[shots, crfs] of the shot alone."""
    vmaf: Floats
    """[shots, crfs]"""


@dataclass(frozen=True)
class Allocation:
    """One CRF a shot, and what the title then costs and scores."""

    crfs: dict[int, float]
    """Shot number to CRF."""
    kbps: float
    vmaf: float
    worst_shot_vmaf: float


def shot_curves(
    probes: Sequence[Probe],
    size: Size,
    fps: float,
    crf_range: tuple[float, float],
    crf_step: float = 1.0,
) -> ShotCurves:
    """Each shot's own fit, by the rules of `fit`; the probes must be of all shots, not of a sample.

    Whole CRFs cost the scene `action` of bench/encode.md 2.3 % more than quarters at the same VMAF:
    its hardest shot, which the floor holds, moves by 3 VMAF a step. Raises UnevenProbes.
    """
    grid = arrange(probes)
    curves = [
        fit([p for p in probes if p.shot == shot], [size], fps, crf_range)[0].in_steps(crf_step)
        for shot in grid.shots
    ]
    return ShotCurves(
        grid.shots,
        grid.frames / grid.frames.sum(),
        curves[0].crf,
        np.array([curve.kbps for curve in curves]),
        np.array([curve.vmaf for curve in curves]),
    )


def allocate(
    curves: ShotCurves, target_vmaf: float, largest_fall: float = LARGEST_FALL
) -> Allocation:
    """The cheapest CRFs of equal slope whose mean VMAF is at least the target.

    At one price of a point of VMAF each shot takes the CRF that loses least by it (Shoham and
    Gersho, 1988); the price is the lowest that reaches the target. A shot may take only CRFs that
    score no more than `largest_fall` below the mean; one that never does takes its best, as all do
    for a target out of reach. In a film whose shots differ so much that one CRF breaks the floor,
    keeping it costs more than one CRF does.
    """
    floor = target_vmaf - largest_fall
    while True:
        chosen = _at_lowest_price(curves, target_vmaf, floor)
        found = _allocation(curves, chosen)
        lowest = found.vmaf - largest_fall
        if lowest <= floor:
            return found
        floor = lowest  # steps of CRF overshoot the target, and the floor follows


def _at_lowest_price(curves: ShotCurves, target_vmaf: float, floor: float) -> NDArray[np.intp]:
    """[shots] the place of each one's CRF."""
    barred = curves.vmaf < np.minimum(floor, curves.vmaf.max(axis=1, keepdims=True))
    kbps = np.where(barred, np.inf, curves.kbps)
    low, high = LOG_PRICES
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _mean(curves, curves.vmaf, _at_price(kbps, curves.vmaf, middle)) >= target_vmaf:
            high = middle
        else:
            low = middle
    return _at_price(kbps, curves.vmaf, high)


def _at_price(kbps: Floats, vmaf: Floats, log_price: float) -> NDArray[np.intp]:
    return np.asarray(np.argmin(kbps - np.exp(log_price) * vmaf, axis=1))


def _allocation(curves: ShotCurves, chosen: NDArray[np.intp]) -> Allocation:
    crfs = (float(crf) for crf in curves.crf[chosen])
    return Allocation(
        dict(zip(curves.shots, crfs, strict=True)),
        _mean(curves, curves.kbps, chosen),
        _mean(curves, curves.vmaf, chosen),
        float(_taken(curves.vmaf, chosen).min()),
    )


def _mean(curves: ShotCurves, values: Floats, chosen: NDArray[np.intp]) -> float:
    """Of [shots, crfs] values at the chosen CRFs, by frames."""
    return float(curves.share @ _taken(values, chosen))


def _taken(values: Floats, chosen: NDArray[np.intp]) -> Floats:
    return np.take_along_axis(values, chosen[:, None], axis=1)[:, 0]
