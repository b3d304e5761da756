"""Measure what a CRF of its own for each shot saves over one CRF for the title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.encode_ladders import ours_of
from bench.encode_scenes import production, scene
from bench.encode_tables import Row
from jobs.encode.ladder.bd_rate import bd_rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jobs.encode.production import Production
    from lakehouse.settings import Settings

FEWEST_SHOTS = 5
LONGER = ("bbb 433.7", 433.7, 14.5)
"""Of Big Buck Bunny: where the target comes from (encode.md, section 3), five shots of 2 to 4 s."""


@dataclass(frozen=True)
class PerShot:
    """One scene both ways."""

    name: str
    shots: int
    bd_rate: float
    """Percent, of final encodes against the final encodes of the per-title ladder."""
    deepest: tuple[float, float]
    """How far the worst shot of any rung lies below its rung's mean: per shot, and per title."""


def measured(settings: Settings, files: Mapping[str, Path]) -> list[PerShot]:
    """Each scene that has shots enough, and a longer one."""
    found = []
    for name, file in {**files, LONGER[0]: scene(settings, *LONGER)}.items():
        plain = production(settings, name, file)
        if len(plain.shots) < FEWEST_SHOTS:
            continue
        own = production(settings, f"{name} per shot", file, per_shot=True)
        gain = bd_rate(ours_of(plain).rungs, ours_of(own).rungs)
        deepest = _deepest(own), _deepest(plain)
        found.append(PerShot(name, len(plain.shots), gain, deepest))
        print(f"per shot, {found[-1]}", flush=True)
    return found


def rows(each: Sequence[PerShot]) -> list[Row]:
    """A scene a row, then the mean."""
    mean = float(np.mean([one.bd_rate for one in each]))
    return [
        *(
            Row(f"per-shot over per-title, {one.name}, {one.shots} shots", f"{one.bd_rate:+.1f} %",
                f"worst shot {one.deepest[0]:.1f} below its mean; {one.deepest[1]:.1f} per title")
            for one in each
        ),
        Row("per-shot over per-title, floor kept, mean BD-rate", f"{mean:+.1f} %",
            target="≤ -4 %", reached=mean <= -4),
    ]  # fmt: skip


def _deepest(title: Production) -> float:
    return max(one.score.mean - one.score.worst_shot for one in title.renditions)
