"""Fit what each size costs and scores at every CRF from probes at a few.

The logarithm of the rate and the log odds of a loss, log((102 - VMAF) / (VMAF + 2)), are nearly
parabolas in CRF. A parabola of VMAF itself bends down below the lowest probed CRF (measured: one top
rung predicted 94.8 scored 98.7); one of log(102 - VMAF) bends where scores are poor, since they end
at 0 too: over 57 final encodes of twelve ladders it missed by .46 in the mean, the odds by .34. Two
points of room at either end keep the odds of a perfect and of a hopeless score finite.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor, log
from typing import TYPE_CHECKING

import numpy as np

from jobs.encode.ladder.grid import area, arrange
from jobs.encode.ladder.pchip import pchip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from jobs.encode.facts import Probe
    from jobs.encode.ladder.grid import Size

    Floats = NDArray[np.float64]

ROOM = 2.0
"""How far beyond 0 and 100 a score's odds reach."""
GRID_STEP = 0.25
REACH_BELOW, REACH_ABOVE = 1 / 4, 1 / 8
"""How far beyond the probed CRFs a curve is believed, as shares of the range that they span. On two
clips a parabola over CRF 22 to 38 missed by 1 VMAF at 18, but by 3.5 and up to 6 at 42."""
REACH_OF_ONE = 4.0
"""The same either way, in CRFs, where only one was probed."""
RATE_SLOPE = log(2) / 6
"""How fast the logarithm of the rate falls with CRF where only one was probed: x264's rule of thumb,
half the rate for six CRFs (measured on two clips: .096 and .12)."""
LOSS_SLOPE = 0.12
"""How fast the log odds of a loss then rise: the mean of six clips at 29 sizes, .08 to .17."""


@dataclass(frozen=True, eq=False)
class Curve:
    """What a title costs and scores at one size, over the CRFs where that is known."""

    codec: str
    size: Size
    crf: Floats
    """[n] rising in steps of GRID_STEP, from a little below the probed ones to a little above."""
    kbps: Floats
    """[n] never rising."""
    vmaf: Floats
    """[n] never rising."""
    probed: bool
    """Else interpolated between the sizes that were."""

    def at(self, crf: float) -> tuple[float, float]:
        """kb/s and VMAF; beyond the ends of the curve, those of the nearer end."""
        return float(np.interp(crf, self.crf, self.kbps)), float(
            np.interp(crf, self.crf, self.vmaf)
        )

    def in_steps(self, crf_step: float) -> Curve:
        """The curve at the multiples of a step alone, itself a multiple of GRID_STEP."""
        taken = np.isclose(self.crf % crf_step, 0)
        return replace(self, crf=self.crf[taken], kbps=self.kbps[taken], vmaf=self.vmaf[taken])


def fit(
    probes: Sequence[Probe],
    sizes: Sequence[Size],
    fps: float,
    crf_range: tuple[float, float],
    stands_for: Mapping[int, float] | None = None,
) -> list[Curve]:
    """One curve a size, in the order of `sizes`, from the probes of one codec.

    Sizes between probed ones are interpolated over the logarithm of their pixels; sizes smaller or
    larger than all probed ones get no curve. `stands_for` and UnevenProbes are those of `arrange`.
    """
    grid = arrange(probes, stands_for)
    crf = _believed(grid.crfs, crf_range)
    kbps, vmaf = grid.of_title(fps)
    laid = {size: _lay(grid.crfs, kbps[i], vmaf[i], crf) for i, size in enumerate(grid.sizes)}
    curves = []
    for size in sizes:
        if size in laid:
            curves.append(Curve(grid.codec, size, crf, *laid[size], probed=True))
        elif area(grid.sizes[-1]) < area(size) < area(grid.sizes[0]):
            curves.append(Curve(grid.codec, size, crf, *_between(size, laid), probed=False))
    return curves


def at_size(curves: Sequence[Curve], size: Size) -> Curve:
    """The curve of any size: interpolated between those of `curves`; beyond them, the nearest one."""
    known = sorted(curves, key=lambda curve: area(curve.size))
    if area(size) <= area(known[0].size):
        return known[0]
    if area(size) >= area(known[-1].size):
        return known[-1]
    laid = {curve.size: (curve.kbps, curve.vmaf) for curve in known}
    if size in laid:
        return next(curve for curve in known if curve.size == size)
    return Curve(known[0].codec, size, known[0].crf, *_between(size, laid), probed=False)


def _believed(crfs: Floats, crf_range: tuple[float, float]) -> Floats:
    """[n] the CRFs at which probes at `crfs` may be asked, within the codec's range."""
    span = crfs[-1] - crfs[0]
    below, above = REACH_BELOW * span or REACH_OF_ONE, REACH_ABOVE * span or REACH_OF_ONE
    first = ceil(max(crfs[0] - below, crf_range[0]) / GRID_STEP)
    last = floor(min(crfs[-1] + above, crf_range[1]) / GRID_STEP)
    return np.arange(first, last + 1) * GRID_STEP


def _lay(crfs: Floats, kbps: Floats, vmaf: Floats, at: Floats) -> tuple[Floats, Floats]:
    """kb/s and VMAF at the CRFs `at`, neither rising with CRF, from those at the probed `crfs`."""
    thrift = _rising(crfs, -np.log(kbps), at, RATE_SLOPE)
    loss = _rising(crfs, _loss(vmaf), at, LOSS_SLOPE)
    return np.exp(-thrift), _score(loss)


def _rising(crfs: Floats, values: Floats, at: Floats, slope_of_one: float) -> Floats:
    """A curve through or near the values that never falls within `at`.

    Three or more values give a parabola, by least squares. One that falls anywhere in `at` is not
    used: then, and for two values, it is PCHIP through the values put in order (rearrangement,
    Chernozhukov, Fernández-Val and Galichon, 2009: never further from a monotone truth than the
    values as they came). One value gives a line of the usual slope.
    """
    if len(crfs) == 1:
        return np.asarray(values[0] + slope_of_one * (at - crfs[0]))
    if len(crfs) > 2:
        parabola = np.polyval(np.polyfit(crfs, values, 2), at)
        if np.all(np.diff(parabola) >= 0):
            return np.asarray(parabola)
    return pchip(crfs, np.sort(values))(at)


def _between(size: Size, laid: Mapping[Size, tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """kb/s and VMAF of a size from those of probed sizes, at each CRF by PCHIP over log pixels."""
    known = sorted(laid, key=area)
    pixels = np.log([area(one) for one in known])
    wanted = np.log([area(size)])

    def across(values: list[Floats]) -> Floats:
        each = [pchip(pixels, column)(wanted)[0] for column in np.array(values).T]
        return np.sort(each)  # interpolating each CRF alone could let one cross its neighbour

    thrift = across([-np.log(laid[one][0]) for one in known])
    loss = across([_loss(laid[one][1]) for one in known])
    return np.exp(-thrift), _score(loss)


def _loss(vmaf: Floats) -> Floats:
    """The log odds of a loss."""
    return np.asarray(np.log(100 + ROOM - vmaf) - np.log(vmaf + ROOM))


def _score(loss: Floats) -> Floats:
    """The VMAF of such odds."""
    return np.clip((100 + 2 * ROOM) / (1 + np.exp(loss)) - ROOM, 0.0, 100.0)
