"""Keep the worst frame of each shot as a picture: a mean of 95 can hide a scene that looks awful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.encode import tools

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jobs.encode.facts import Rendition
    from jobs.encode.workshop import Workshop

WIDTH = 320


def worst_frames(work: Workshop, rendition: Rendition, frames: Sequence[int]) -> list[Path]:
    """A JPEG of each of these frames of a rendition, in order; frames rise."""
    recipe = {
        "rendition": rendition.sha256, "frames": list(frames), "width": WIDTH,
        "tools": tools.versions(),
    }  # fmt: skip

    def produce(part: Path) -> dict[str, Any]:
        part.mkdir(parents=True)
        wanted = "+".join(f"eq(n,{frame})" for frame in frames)
        ran = tools.ffmpeg(
            "-v", "error", "-threads", "1", "-i", work.folder / rendition.file, "-map", "0:v:0",
            "-vf", f"select='{wanted}',scale={WIDTH}:-2:flags=bicubic+bitexact", "-fps_mode",
            "passthrough", "-threads", "1", "-q:v", "4", "-flags:v", "+bitexact", part / "%05d.jpg",
        )  # fmt: skip
        return {"cpu_seconds": ran.cpu_seconds}

    made = work.make("worst", "", recipe, produce)
    return sorted(made.path.glob("*.jpg"))
