"""Make a night of titles as encode_titles_daily does, each key a task, once for all who look at it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from jobs.encode import (
    choose_ladders,
    encode_rung,
    find_shots,
    ingest_masters,
    probe_shot,
    publish_titles,
    tools,
)
from jobs.encode.order import Order, place
from lakehouse.settings import Settings
from lakehouse.tables import Lake

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.catalog import Table

NIGHT = date(2026, 1, 10)
CLIP = (
    "-f", "lavfi", "-i", "testsrc2=d=1:s=320x240:r=12", "-f", "lavfi", "-i", "mandelbrot=s=320x240:r=12",
    "-f", "lavfi", "-i", "sine=d=3:f=440", "-filter_complex",
    "[1]trim=duration=2[m];[0][m]concat,format=yuv420p", "-t", "3",
    "-c:v", "libx264", "-crf", "8", "-c:a", "aac", "-shortest",
)  # fmt: skip
"""Two shots with a cut between them, and sound."""
CAPTIONS = "WEBVTT\n\n00:00.500 --> 00:02.500\nA square moves.\n"


@dataclass
class Night:
    """A night in which one master is a film and one only claims to be."""

    lake: Lake
    clip: Path
    captions: Path
    probes: list[str]
    rungs: list[str]

    @property
    def settings(self) -> Settings:
        return self.lake.settings

    @property
    def order(self) -> Order:
        """Of the film."""
        return Order("clip", str(self.clip), str(NIGHT), captions=((str(self.captions), "en"),))

    def rows(self, table: Table) -> list[dict[str, Any]]:
        return list(self.lake.arrow(table, NIGHT).to_pylist())


def copy_of(settings: Settings, var: Path) -> Settings:
    """The same lake and titles below a folder that is not there yet, to be spoilt."""
    shutil.copytree(settings.var, var)
    return Settings(var=str(var))


def make_night(folder: Path) -> Night:
    """The night, made in this process."""
    clip, text, words = (folder / name for name in ("clip.mp4", "text.mp4", "clip.vtt"))
    tools.ffmpeg("-v", "error", *CLIP, clip)
    text.write_text("not a film")
    words.write_text(CAPTIONS)
    lake = Lake(Settings(var=str(folder / "var")))
    night = Night(lake, clip, words, [], [])
    place(lake.settings, night.order)
    place(lake.settings, Order("text", str(text), str(NIGHT)))
    ingest_masters.main(lake, NIGHT)
    night.probes = find_shots.main(lake, NIGHT)
    for key in night.probes:
        probe_shot.main(lake, NIGHT, key)
    night.rungs = choose_ladders.main(lake, NIGHT)
    for key in night.rungs:
        encode_rung.main(lake, NIGHT, key)
    publish_titles.main(lake, NIGHT)
    return night
