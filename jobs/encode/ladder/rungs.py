"""Choose the rungs of a title: the top at its target, then down the front in even steps of rate."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log
from typing import TYPE_CHECKING

from jobs.encode.codecs import CODECS, Cap
from jobs.encode.facts import Rung
from jobs.encode.ladder.errors import NoRung
from jobs.encode.ladder.front import front, points
from jobs.encode.ladder.grid import area
from jobs.encode.sizes import FEWEST_LINES, lines_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobs.encode.ladder.curves import Curve
    from jobs.encode.ladder.front import Point

MAXRATE = 2.0
"""The cap of the encoder over the predicted rate."""


@dataclass(frozen=True)
class Aims:
    """What a ladder should be."""

    target_vmaf: float = 95.0
    """Of the top rung."""
    floor_kbps: float = 145.0
    """No rung below the top costs less."""
    floor_vmaf: float = 0.0
    """No rung below the top scores less."""
    largest_ratio: float = 1.8
    """Of the rates of neighbours, wherever the curves have a point that near."""
    smallest_ratio: float = 1.25
    """Nearer neighbours would be hard to tell apart and halve what an edge can cache."""


CAPS: Mapping[str, Cap] = {codec.name: codec.devices for codec in CODECS.values()}
"""Codec to what devices are sure to play of it."""


def choose_from(
    curves: Sequence[Curve], aims: Aims, cap: Cap, fps: float, crf_step: float = 1.0
) -> list[Rung]:
    """The rungs of a ladder, lowest first: rate and VMAF rise, resolution never falls.

    The top is the cheapest point of any size that reaches the target, else the best there is; see
    `shortfalls`. Each step down looks only at sizes no larger than the last, and takes the point of
    their front nearest to an even share of what is left above the floor, in log rate. Sizes below
    240p count only where the largest is one. Raises NoRung where the cap leaves no point.
    """
    playable = [
        one
        for one in points(_tall_enough(curves), crf_step)
        if cap.plays(one.size, fps, MAXRATE * one.kbps)
    ]
    if not playable:
        raise NoRung(curves[0].codec, cap)
    best = front(playable)
    ladder = [next((one for one in best if one.vmaf >= aims.target_vmaf), best[-1])]
    while below := _below(ladder[-1], playable, aims):
        ladder.append(_step(ladder[-1], below, aims))
    return [_rung(point) for point in reversed(ladder)]


def shortfalls(rungs: Sequence[Rung], aims: Aims) -> list[str]:
    """What a ladder could not do of its aims, a sentence each; the fixed ladder has none."""
    said: list[str] = []
    top = rungs[-1]
    if top.fixed:
        return said
    if top.vmaf < aims.target_vmaf:
        said.append(
            f"{top.name} was expected to score {top.vmaf:.1f} instead of {aims.target_vmaf:g}: "
            f"{top.width}x{top.height} at CRF {top.crf:g} is the best that the probes and the devices' "
            "caps reach."
        )
    said += [
        f"{low.name} and {high.name} lie {high.kbps / low.kbps:.2f} times apart: no size has a point between."
        for low, high in pairwise(rungs)
        if high.kbps > low.kbps * aims.largest_ratio
    ]
    return said


def _tall_enough(curves: Sequence[Curve]) -> list[Curve]:
    largest = max(curves, key=lambda curve: area(curve.size))
    if lines_of(*largest.size) < FEWEST_LINES:
        return [largest]
    return [curve for curve in curves if lines_of(*curve.size) >= FEWEST_LINES]


def _below(last: Point, playable: Sequence[Point], aims: Aims) -> list[Point]:
    """The points that may follow, cheapest first."""
    return [
        one
        for one in front(one for one in playable if area(one.size) <= area(last.size))
        if aims.floor_kbps <= one.kbps <= last.kbps / aims.smallest_ratio
        and aims.floor_vmaf <= one.vmaf < last.vmaf
    ]


def _step(last: Point, below: Sequence[Point], aims: Aims) -> Point:
    """The nearest to an even share of the way down, within the largest ratio where one is."""
    left = log(last.kbps / below[0].kbps)
    share = left / ceil(left / log(aims.largest_ratio))
    near = [one for one in below if one.kbps * aims.largest_ratio >= last.kbps] or below[-1:]
    return min(near, key=lambda one: abs(log(last.kbps / one.kbps) - share))


def _rung(point: Point) -> Rung:
    width, height = point.size
    return Rung(point.codec, width, height, point.crf, point.kbps, point.vmaf, MAXRATE * point.kbps)
