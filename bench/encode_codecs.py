"""Measure HEVC and AV1 beside H.264: the rate at the same VMAF, and the CPU of one encode."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.encode_ladders import Measured, first, ours_of
from bench.encode_scenes import production
from bench.encode_tables import Row, change
from jobs.encode.ladder.bd_rate import bd_rate
from jobs.encode.production import Production

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

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


def measured(settings: Settings, files: Mapping[str, Path]) -> list[Beside]:
    """Both codecs on each of the scenes."""
    found = []
    for scene in SCENES:
        plain = production(settings, scene, files[scene])
        h264, own = ours_of(plain), _top(plain)
        for codec in CODECS:
            other = Production(settings, replace(plain.order, codecs=(codec,)))
            ladder = ours_of(other)
            found.append(Beside(scene, codec, ladder, h264, (_top(other), own)))
            print(f"{codec}, {scene}: {bd_rate(h264.rungs, ladder.rungs):+.1f} %", flush=True)
    return found


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


def _top(title: Production) -> float:
    return float(first(title, title.ladder[-1]).facts["cpu_seconds"])
