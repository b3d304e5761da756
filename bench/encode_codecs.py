"""Measure HEVC and AV1 beside H.264: the rate at the same VMAF, and the CPU of one encode."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bench.encode_ladders import Measured, first, ours_of
from bench.encode_scenes import beside, kept, production
from bench.encode_tables import Row, change
from jobs.encode.ladder.bd_rate import bd_rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jobs.encode.production import Production
    from lakehouse.settings import Settings

SCENES = ("action", "talk", "bikes")
CODECS = ("hevc", "av1")


@dataclass(frozen=True)
class Beside:
    """One codec's ladder of one scene beside that of H.264."""

    scene: str
    codec: str
    ladder: Measured
    h264: Measured
    top_cpu_seconds: tuple[float, float]
    """Of encoding the top rung once: this codec, and H.264."""


def measured(settings: Settings, files: Mapping[str, Path]) -> tuple[list[Beside], list[str]]:
    """Both codecs on each of the scenes; and those that were not measured."""
    found, lacking = [], []
    for scene in SCENES:
        for codec in CODECS:
            plain = production(settings, scene, files[scene])
            one = kept(partial(_beside, scene, codec, plain))
            if one is None:
                lacking.append(f"{codec} on {scene}")
            else:
                found.append(one)
                print(
                    f"{codec}, {scene}: {bd_rate(one.h264.rungs, one.ladder.rungs):+.1f} %",
                    flush=True,
                )
    return found, lacking


def rows(each: Sequence[Beside]) -> list[Row]:
    """A scene and codec a row."""
    return [
        Row(
            f"{one.codec.upper()}, {one.scene}: BD-rate against H.264; kb/s at the top (VMAF {one.ladder.rungs[-1][1]:.1f}, {one.h264.rungs[-1][1]:.1f})",
            f"{bd_rate(one.h264.rungs, one.ladder.rungs):+.1f} %; {one.ladder.rungs[-1][0]:,.0f}",
            f"{one.h264.rungs[-1][0]:,.0f} ({change(one.ladder.rungs[-1][0], one.h264.rungs[-1][0])})",
            f"CPU of the top rung's encode {one.top_cpu_seconds[0] / one.top_cpu_seconds[1]:.1f}x, "
            f"of everything {one.ladder.cpu_seconds / one.h264.cpu_seconds:.1f}x",
        )
        for one in each
    ]  # fmt: skip


def _beside(scene: str, codec: str, plain: Production) -> Beside:
    other = beside(plain, codecs=(codec,))
    h264, ladder = ours_of(plain), ours_of(other)
    return Beside(scene, codec, ladder, h264, (_top(other), _top(plain)))


def _top(title: Production) -> float:
    return float(first(title, title.ladder[-1]).facts["cpu_seconds"])
