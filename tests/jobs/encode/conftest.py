"""Make tiny clips with ffmpeg, once a session, and take one of them in as a film."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from jobs.encode.ingest import ingest
from jobs.encode.shots import find_shots
from jobs.encode.tools import ffmpeg
from jobs.encode.workshop import Workshop, hash_of, sha256_of
from lakehouse.tables import Lake
from tests.jobs.encode.made_night import copy_of, make_night
from tests.serving_export.s3_local import s3_local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jobs.encode.facts import Master, Shot
    from tests.jobs.encode.made_night import Night

    Clip = Callable[..., Path]

X264 = ("-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-crf", "12")
THREE_SCENES = (
    "testsrc2=s=320x240:r=25:d=1.6[a];mandelbrot=s=320x240:r=25,trim=end_frame=30,format=yuv420p[b];"
    "smptebars=s=320x240:r=25:d=1.2[c];[a][b][c]concat=n=3,noise=alls=8:all_seed=5:allf=t"
)
"""Cuts at frames 40 and 70 of 100; noise, so that VMAF is not the same in every frame."""


@dataclass(frozen=True)
class Film:
    """A clip that was taken in."""

    path: Path
    work: Workshop
    master: Master
    shots: list[Shot]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """`clip("a.mp4", "testsrc2=d=1", *output words, before=input words)`: a file made by lavfi."""
    folder = tmp_path_factory.mktemp("clips")

    def make(name: str, graph: str, *words: str, before: tuple[str, ...] = ()) -> Path:
        path = folder / f"{hash_of({'words': [graph, *words, *before]})}-{name}"
        if not path.exists():
            source = ("-f", "lavfi", "-i", f"{graph}[out0]") if graph else ()
            ffmpeg("-v", "error", *source, *before, *(words or X264), path)
        return path

    return make


@pytest.fixture(scope="session")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Film]:
    """A clip as a film, in a workshop of its own."""

    def take(path: Path) -> Film:
        work = Workshop(tmp_path_factory.mktemp("work"))
        master = ingest(work, path, sha256_of(path))
        return Film(path, work, master, find_shots(work, path, master))

    return take


@pytest.fixture(scope="session")
def film(clip: Clip, taken_in: Callable[[Path], Film]) -> Film:
    """Three scenes of 320x240, 4 s, without sound."""
    return taken_in(clip("film.mp4", THREE_SCENES, *X264, "-pix_fmt", "yuv420p"))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A night that nobody disturbed; who changes something of it works on a copy."""
    return make_night(tmp_path_factory.mktemp("titles"))


@pytest.fixture
def spoilt(made: Night, tmp_path: Path) -> Lake:
    """A copy of it that may be spoilt."""
    return Lake(copy_of(made.settings, tmp_path / "var"))


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    """A file as somebody delivers it, whatever its bytes are."""
    file = tmp_path / "A Film.MP4"
    file.write_bytes(b"film" * 1000)
    return file


@pytest.fixture(scope="module")
def s3() -> Iterator[None]:
    """An S3 on this machine, which boto3 finds in its environment."""
    with s3_local():
        yield
