"""A picture of the worst frame is of that very frame, and no more of a film is read for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobs.encode.facts import Rendition, Rung, Score
from jobs.encode.renditions import encode
from jobs.encode.tools import ffmpeg
from jobs.encode.workshop import Workshop
from jobs.encode.worst_frames import pictures

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jobs.encode.conftest import Film


@pytest.fixture(scope="module")
def rendition(film: Film) -> Rendition:
    """Key frames at 0, 40, 50 and 70 of 100."""
    rung = Rung("h264", 192, 144, 30, 500, 80, 4000)
    made = encode(film.work, film.path, film.master, film.shots, rung)
    score = Score(80, 80, 70, 75, 0, 3, 100, "", 320, 240)
    return Rendition(rung, made.path.name, made.sha256, 0, 0, score, 0, ())


@pytest.mark.parametrize("frames", [[0], [1], [39], [40], [99], [45, 46, 69, 99]])
def test_the_frame_is_the_one_that_was_asked_for(
    frames: list[int], film: Film, rendition: Rendition, tmp_path: Path
) -> None:
    found = pictures(film.work, rendition, frames, 25.0)
    ffmpeg(
        "-v", "error", "-threads", "1", "-i", film.work.folder / rendition.file, "-vf",
        "scale=320:-2:flags=bicubic+bitexact", "-fps_mode", "passthrough", "-threads", "1",
        "-q:v", "4", "-flags:v", "+bitexact", tmp_path / "%05d.jpg",
    )  # fmt: skip
    due = [(tmp_path / f"{frame + 1:05d}.jpg").read_bytes() for frame in frames]
    assert [file.read_bytes() for file in found] == due
    assert len(set(due)) == len(frames)  # else any frame would do


def test_a_film_of_more_than_a_hundred_shots_has_a_picture_of_each(tmp_path: Path) -> None:
    """Every title of so many shots had failed here: the sum of 119 terms was too deep for ffmpeg."""
    work = Workshop(tmp_path)
    ffmpeg(
        "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=10", "-c:v",
        "libx264", "-preset", "ultrafast", tmp_path / "many.mp4",
    )  # fmt: skip
    score = Score(80, 80, 70, 75, 0, 240, 250, "", 64, 48)
    rung = Rung("h264", 64, 48, 30, 500, 80, 4000)
    many = Rendition(rung, "many.mp4", "", 0, 0, score, 0, ())
    found = pictures(work, many, range(5, 245), 25.0)
    assert len(found) == 240


def test_a_frame_late_in_a_film_costs_no_decode_of_all(film: Film, rendition: Rendition) -> None:
    (file,) = pictures(film.work, rendition, [98], 25.0)
    command = film.work.asked[file.parent.name].calls[0].command
    assert command[command.index("-ss") + 1] == "3.900000"  # half a frame before the 98th
    assert command[command.index("-frames:v") + 1] == "1"
