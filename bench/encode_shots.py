"""Measure what a CRF of its own for each shot saves over one CRF for the title."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from bench.encode_ladders import ours_of
from bench.encode_scenes import kept, production, scene
from bench.encode_tables import Row
from jobs.encode.ladder.allocation import LARGEST_FALL
from jobs.encode.ladder.bd_rate import bd_rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jobs.encode.facts import Rendition
    from jobs.encode.production import Production
    from lakehouse.settings import Settings

FEWEST_SHOTS = 5
LONGER = ("bbb 433.7", 433.7, 14.5)
"""Of Big Buck Bunny: where the target comes from (encode.md, section 3), five shots of 2 to 4 s."""
WATCHED_VMAF = 60
"""The lowest mean at which encode.md compared; below it a floor of mean - 3 binds everywhere."""


@dataclass(frozen=True)
class PerShot:
    """One scene both ways; BD-rates in percent, of final encodes against those of one CRF a rung."""

    name: str
    shots: int
    bd_rate: float
    """Over all VMAF that both ladders have."""
    watched: float
    """Over those from WATCHED_VMAF on."""
    floored: float
    """Each rung taken for what it is good for where the floor must hold: its mean, or its worst shot
    and what a shot may fall."""
    deepest: tuple[float, float]
    """How far the worst shot of any rung lies below its rung's mean: per shot, and per title."""
    retries: int
    """Encodes of rungs whose shots had fallen below the floor."""


def measured(settings: Settings, files: Mapping[str, Path]) -> tuple[list[PerShot], list[str]]:
    """Each scene that has shots enough, and a longer one; and those that were not measured."""
    found, lacking = [], []
    for name, file in {**files, LONGER[0]: scene(settings, *LONGER)}.items():
        plain = production(settings, name, file)
        if len(plain.shots) < FEWEST_SHOTS:
            continue
        one = kept(partial(_both, name, plain, production(settings, name, file, per_shot=True)))
        if one is None:
            lacking.append(name)
        else:
            found.append(one)
            print(f"per shot, {one}", flush=True)
    return found, lacking


def rows(each: Sequence[PerShot]) -> list[Row]:
    """A scene a row, then the mean, over the scores for which the target was set."""
    mean = _mean(each, "watched")
    deepest, per_title = (max(one.deepest[place] for one in each) for place in (0, 1))
    return [
        *(
            Row(f"per-shot over per-title, {one.name}, {one.shots} shots", f"{one.watched:+.1f} %",
                f"{one.bd_rate:+.1f} % over all scores; {one.floored:+.1f} % at a kept floor",
                f"worst shot {one.deepest[0]:.1f} below its mean; {one.deepest[1]:.1f} per title")
            for one in each
        ),
        Row(f"per-shot over per-title, floor kept, mean BD-rate from VMAF {WATCHED_VMAF} on",
            f"{mean:+.1f} %", f"{_mean(each, 'bd_rate'):+.1f} % over all scores; "
            f"{_mean(each, 'floored'):+.1f} % at a kept floor", target="≤ -4 %", reached=mean <= -4),
        Row("worst shot of any rung below its mean", f"{deepest:.2f}", f"{per_title:.2f} per title",
            f"{sum(one.retries for one in each)} further encodes to keep it",
            f"≤ {LARGEST_FALL:g}", deepest <= LARGEST_FALL),
    ]  # fmt: skip


def _both(name: str, plain: Production, own: Production) -> PerShot:
    ours_of(plain), ours_of(own)  # two encoders at once
    before, after = (
        [(one.kbps, one.score.mean) for one in title.renditions] for title in (plain, own)
    )
    floored, held = (
        [(one.kbps, _good_for(one)) for one in title.renditions] for title in (plain, own)
    )
    tries = sum(len(one.attempts) - 1 for one in own.renditions[:-1])
    return PerShot(
        name, len(plain.shots), bd_rate(before, after), bd_rate(before, after, lowest=WATCHED_VMAF),
        bd_rate(floored, held), (_deepest(own), _deepest(plain)), tries,
    )  # fmt: skip


def _mean(each: Sequence[PerShot], what: str) -> float:
    return float(np.mean([getattr(one, what) for one in each]))


def _good_for(one: Rendition) -> float:
    return min(one.score.mean, one.score.worst_shot + LARGEST_FALL)


def _deepest(title: Production) -> float:
    return max(one.score.mean - one.score.worst_shot for one in title.renditions)
