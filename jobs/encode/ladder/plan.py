"""Choose the probes that a budget of CPU-seconds allows, and say what was left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from jobs.encode.ladder.grid import Size, area

Thing = TypeVar("Thing")
Cost = Callable[[Size, float], float]
"""CPU-seconds of probing, at one size and CRF, every shot that is to be probed."""

ENCODE_SECONDS = 4.5e-8
"""Of one pixel by x264 medium, the mean over CRF 22, 30 and 38 of two clips on a busy machine, so
that a budget holds on one; a quiet machine took half."""
SCORE_SECONDS = 1.4e-8
"""Of one pixel of the master, VMAF on every third frame; likewise. Both hold the decoding of a master
of H.264; one of HEVC at 2160 lines took 14 % more than both at 240 lines, where that shows most."""
HDR_SECONDS = 4.5e-8
"""Of one pixel of an HDR master, decoded and toned down twice for each size: once for all its encodes
and once for all their scores. Probes took 2.4 to 4.7e-8 more than of an SDR master (three clips)."""


@dataclass(frozen=True)
class Plan:
    """The sizes and CRFs to probe, each with each."""

    sizes: tuple[Size, ...]
    """Largest first; none where nothing fits the budget, which leaves only the fixed ladder."""
    crfs: tuple[float, ...]
    cpu_seconds: float
    """What the probes are expected to take."""
    said: str
    """What is probed and what was left out, in a sentence."""


def plan_probes(
    sizes: Sequence[Size],
    crfs: Sequence[float],
    cost: Cost,
    budget_cpu_seconds: float,
    reading: float = 0.0,
) -> Plan:
    """The fullest grid that fits the budget; `reading` is what each size costs whatever its CRFs.

    What goes first costs the ladder least: sizes become three (the others are interpolated: .5 VMAF
    of error between probes on two clips, as with all five), then two (.9), then CRFs become two (a
    line: 1.5 to 2.7), then one (the usual slope: 1.8 to 2.3, and few CRFs to choose from), and at
    last sizes become one, which leaves the ladder without the others.
    """
    sizes, crfs = sorted(sizes, key=area, reverse=True), sorted(crfs)
    whole = _seconds(sizes, crfs, cost, reading)
    limit = (
        f"all {len(sizes)} x {len(crfs)} would take {whole:,.0f} of {budget_cpu_seconds:,.0f} CPU-s"
    )
    for some, few in _grids(sizes, crfs):
        seconds = _seconds(some, few, cost, reading)
        if seconds <= budget_cpu_seconds:
            said = _said(some, few) + (f", since {limit}" if seconds < whole else "")
            return Plan(tuple(some), tuple(few), seconds, f"{said}.")
    why = f"Nothing was probed, since {limit} and no smaller grid fits"
    return Plan((), (), 0.0, f"{why}: the ladder is the fixed one, each rung capped at its rate.")


def estimated_cost(source: Size, frames: int, encoder: float = 1.0, unscored: int = 0) -> Cost:
    """What probing so many frames of a master of this size costs, and `unscored` ones beside them.

    `encoder` is its CPU over x264's.
    """

    def cpu_seconds(size: Size, _crf: float) -> float:
        encoding = (frames + unscored) * encoder * ENCODE_SECONDS * area(size)
        return encoding + frames * SCORE_SECONDS * area(source)

    return cpu_seconds


def _grids(sizes: list[Size], crfs: list[float]) -> list[tuple[list[Size], list[float]]]:
    ends, middle = spread(crfs, 2), [crfs[len(crfs) // 2]]
    return [
        (sizes, crfs),
        (spread(sizes, 3), crfs),
        (spread(sizes, 2), crfs),
        (spread(sizes, 2), ends),
        (spread(sizes, 2), middle),
        (sizes[:1], middle),
    ]


def spread(things: list[Thing], count: int) -> list[Thing]:
    """The first, the last and what lies evenly between."""
    if len(things) <= count:
        return things
    return [things[round(place * (len(things) - 1) / (count - 1))] for place in range(count)]


def _seconds(sizes: Sequence[Size], crfs: Sequence[float], cost: Cost, reading: float) -> float:
    return sum(cost(size, crf) for size in sizes for crf in crfs) + reading * len(sizes)


def _said(sizes: list[Size], crfs: list[float]) -> str:
    named = ", ".join(f"{width}x{height}" for width, height in sizes)
    return f"Probed at {named} with CRF {', '.join(f'{crf:g}' for crf in crfs)}"
