"""Keep the worst frames as pictures: a mean of 95 can hide a scene that looks awful."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.encode import tools, vmaf
from jobs.encode.facts import Shot
from jobs.encode.workshop import sha256_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jobs.encode.facts import Rendition
    from jobs.encode.production import Production
    from jobs.encode.workshop import Workshop

WIDTH = 320
FOLDER = "worst-frames"
"""Of a version, beside its streams."""


WorstFrames = dict[str, list["WorstFrame"]]
"""Rung to the worst frames of its rendition."""


@dataclass(frozen=True)
class WorstFrame:
    """The frame of a rendition, or of one of its shots, that scores least."""

    frame: int
    vmaf: float
    name: str
    """Of its picture, below the folder of the version."""
    picture: Path
    """A JPEG in the workshop."""

    @property
    def told(self) -> dict[str, Any]:
        """As a receipt says it."""
        return {
            "frame": self.frame, "vmaf": self.vmaf, "file": self.name,
            "sha256": sha256_of(self.picture),
        }  # fmt: skip


def worst_frames(
    production: Production, shipped: Sequence[Rendition], best: Rendition
) -> WorstFrames:
    """Rung to the worst frame of each shot in the best rendition, of the whole title in the others."""
    whole = [Shot(0, 0, production.master.frames)]
    return {
        one.rung.name: worst_of(production, one, production.shots if one == best else whole)
        for one in shipped
    }


def worst_of(
    production: Production, rendition: Rendition, shots: Sequence[Shot]
) -> list[WorstFrame]:
    """The worst frame of each of these shots, which follow each other, in a rendition."""
    values = vmaf.per_frame(production.scores(rendition))
    frames = [
        shot.first_frame + int(np.argmin(values[shot.first_frame : shot.first_frame + shot.frames]))
        for shot in shots
    ]
    found = pictures(production.work, rendition, frames, float(production.master.rate))
    return [
        WorstFrame(
            frame, float(values[frame]), f"{FOLDER}/{rendition.rung.name}-{frame:06d}.jpg", picture
        )
        for frame, picture in zip(frames, found, strict=True)
    ]


def pictures(work: Workshop, rendition: Rendition, frames: Sequence[int], fps: float) -> list[Path]:
    """A JPEG of each of these frames of a rendition, in order; frames rise.

    What lies before the first and after the last is not decoded, so that a single frame of a film
    takes a moment.
    """
    recipe = {
        "rendition": rendition.sha256, "frames": list(frames), "width": WIDTH,
        "tools": tools.versions(),
    }  # fmt: skip

    def produce(part: Path) -> dict[str, Any]:
        part.mkdir(parents=True)
        wanted = _any_of([f"eq(n,{frame - frames[0]})" for frame in frames])
        # half a frame early is the frame itself, however its time was rounded
        since = max(0.0, (frames[0] - 0.5) / fps)
        ran = tools.ffmpeg(
            "-v", "error", "-threads", "1", "-ss", f"{since:.6f}",
            "-i", work.folder / rendition.file, "-map", "0:v:0",
            "-vf", f"select='{wanted}',scale={WIDTH}:-2:flags=bicubic+bitexact", "-fps_mode",
            "passthrough", "-frames:v", str(len(frames)), "-threads", "1", "-q:v", "4",
            "-flags:v", "+bitexact", part / "%05d.jpg",
        )  # fmt: skip
        return {"cpu_seconds": ran.cpu_seconds}

    made = work.make("worst", "", recipe, produce)
    return sorted(made.path.glob("*.jpg"))


def _any_of(terms: Sequence[str]) -> str:
    """Their sum, halved again and again: ffmpeg parses none that is more than a hundred deep, and
    a plain sum is as deep as it is long."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return f"({_any_of(terms[:half])}+{_any_of(terms[half:])})"
