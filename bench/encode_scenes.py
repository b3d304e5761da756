"""Fetch the film and the clip that ladders are compared on, and cut the scenes out of the film."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from jobs.encode import tools
from jobs.encode.clips import clips
from jobs.encode.order import Order, place
from jobs.encode.production import Production
from jobs.encode.taking_in import taken_in
from jobs.encode.workshop import Unmade, Workshop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from lakehouse.settings import Settings

Answer = TypeVar("Answer")
ONLY_KEPT = bool(os.environ.get("KEPT"))
"""Whether the page is to be written of what was kept, nothing encoded: it then says what lacks."""
PACKAGE = "moviepy==2.1.2"
ARCHIVE, FILM = "moviepy_10_minutes.zip", "moviepy_10_minutes/resources/bbb.mp4"
SCENES = {
    "open": 0, "talk": 86, "bbb 150": 150, "bbb 220": 220, "still": 285, "bbb 360": 360,
    "action": 428, "credits": 510,
}  # fmt: skip
"""Name to its first second in Big Buck Bunny."""
SECONDS = 10
NIGHT = "2026-01-10"
"""Any: an order needs one, and nothing here depends on it."""


def place_of(settings: Settings) -> Settings:
    """The same settings, with all that titles keep below var/bench/encode."""
    return replace(settings, var=str(settings.at("bench", "encode")))


def film(settings: Settings) -> Path:
    """Big Buck Bunny, 720 lines, out of the source package of moviepy."""
    folder = settings.at("downloads")
    file = folder / "bbb.mp4"
    if file.exists():
        return file
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("moviepy-*.tar.gz")):
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
            PACKAGE,
        ]  # fmt: skip
        subprocess.run(command, cwd=folder, check=True)
    with tarfile.open(next(folder.glob("moviepy-*.tar.gz"))) as package:
        name = next(one for one in package.getnames() if one.endswith(ARCHIVE))
        inner = package.extractfile(name)
        assert inner is not None
        with zipfile.ZipFile(io.BytesIO(inner.read())) as archive:
            part = file.with_suffix(".part")
            part.write_bytes(archive.read(FILM))
            part.replace(file)
    return file


def scenes(settings: Settings) -> dict[str, Path]:
    """Name to master: eight cuts of the film, whose pictures are its own bit for bit, and bikes."""
    found = {name: scene(settings, name, second) for name, second in SCENES.items()}
    return found | {"bikes": clips(settings)["bikes"]}


def scene(settings: Settings, name: str, second: float, seconds: float = SECONDS) -> Path:
    """A cut of the film, its pictures as they were."""
    file = settings.at("scenes", f"{name.replace(' ', '-')}.mp4")
    _cut(
        film(settings), file, "-ss", f"{second:g}", "-t", f"{seconds:g}", "-an", "-c:v", "libx264",
        "-preset", "ultrafast", "-qp", "0", "-threads", "1",
    )  # fmt: skip
    return file


def beginning(settings: Settings, seconds: int) -> Path:
    """The first seconds of the film, its packets untouched."""
    file = settings.at("scenes", f"first-{seconds}.mp4")
    _cut(film(settings), file, "-t", str(seconds), "-an", "-c", "copy")
    return file


def production(settings: Settings, name: str, file: Path, **wishes: Any) -> Production:
    """A scene as a title of this bench, taken in; `wishes` are further fields of its order."""
    order = Order(name.replace(" ", "-"), str(file), NIGHT, protect="none", **wishes)
    place(settings, order)
    return beside(Production(settings, taken_in(settings, order)))


def beside(title: Production, kind: type[Production] = Production, **wishes: Any) -> Production:
    """The same master ordered in another way, or made in another."""
    found = kind(title.settings, replace(title.order, **wishes))
    found.work = Workshop(found.work.folder, makes=not ONLY_KEPT)
    return found


def kept(measure: Callable[[], Answer]) -> Answer | None:
    """What was measured; None where it is not whole and nothing is to be encoded."""
    try:
        return measure()
    except Unmade:
        return None


def _cut(source: Path, file: Path, *words: str) -> None:
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part.mp4")
    seek = words[:2] if words[0] == "-ss" else ()
    tools.ffmpeg("-v", "error", *seek, "-i", source, *words[len(seek) :], part)
    part.replace(file)
