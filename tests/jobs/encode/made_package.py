"""Make, once for all tests, tiny encoded streams and packages of them; nobody writes into these."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.encode import captions, tools
from jobs.encode.package import Tiles, package
from jobs.encode.streams import Stream
from jobs.encode.thumbnails import grid_of, make_thumbnails
from jobs.encode.workshop import Workshop
from serving_export.titles.keys import Key, KeySet

if TYPE_CHECKING:
    from jobs.encode.workshop import Made

SECONDS = 9.5
"""Two whole segments and a short one."""
KEYS = KeySet(
    1,
    {
        label: Key(f"{number:032x}", bytes.fromhex(f"{number}badc0ffee0ddf00d1234567890abcd{number}"))
        for number, label in enumerate(("SD", "HD", "AUDIO"), 1)
    },
)  # fmt: skip
OTHER_KEYS = KeySet(
    2, {name: Key(key.id[::-1], key.value[::-1]) for name, key in KEYS.keys.items()}
)
VTT = """WEBVTT

00:00.500 --> 00:02.000
Hello & <i>there</i>

00:02.500 --> 00:04.200 line:10% align:start
A cue of two segments
"""


@cache
def folder() -> Path:
    """Where everything of this process lies."""
    made = Path(tempfile.mkdtemp(prefix="marquee-package-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@cache
def video(height: int, seconds: float = SECONDS) -> Path:
    """H.264 with a key frame every 2 s."""
    file = folder() / f"v{height}-{seconds}.mp4"
    tools.ffmpeg(
        "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={height * 16 // 9}x{height}:rate=24",
        "-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-crf", "34", "-g", "48",
        "-keyint_min", "48", "-sc_threshold", "0", "-bf", "2", "-threads", "1", file,
    )  # fmt: skip
    return file


@cache
def sound(hertz: int = 440) -> Path:
    """Stereo AAC."""
    file = folder() / f"a{hertz}.mp4"
    tools.ffmpeg(
        "-v", "error", "-f", "lavfi", "-i", f"sine={hertz}", "-t", str(SECONDS),
        "-c:a", "aac", "-b:a", "64k", "-ac", "2", file,
    )  # fmt: skip
    return file


@cache
def text() -> Path:
    """Captions as captions.py hands them over."""
    file = folder() / "given.vtt"
    file.write_text(VTT)
    return captions.prepare(Workshop(folder() / "work"), file, "en", SECONDS).path


@cache
def tiles() -> Tiles:
    """Thumbnails of the smaller rendition."""
    grid = grid_of(160, 90, SECONDS)
    return Tiles(make_thumbnails(Workshop(folder() / "work"), video(90), grid), grid)


def streams() -> list[Stream]:
    """Two sizes, of which the larger stands for HD, sound, its description, and captions."""
    return [
        Stream(video(90), "video", "h264-90p", "SD", codec="h264", height=90),
        Stream(video(72), "video", "h264-72p", "SD", codec="h264", height=72),
        Stream(video(180), "video", "h264-180p", "HD", codec="h264", height=180),
        Stream(sound(), "audio", "audio-en", "AUDIO", "en", ("main",), codec="aac"),
        Stream(sound(880), "audio", "audio-en-ad", "AUDIO", "en", ("description",), codec="aac"),
        Stream(text(), "text", "captions-en", language="en", roles=("caption",)),
    ]


@cache
def packaged(protect: str) -> Made:
    """The package of these streams under KEYS, or clear."""
    keys = None if protect == "none" else KEYS
    work = Workshop(folder() / "work")
    return package(work, "bikes", streams(), SECONDS, protect, keys, tiles())


def copy_of(made: Made, place: Path) -> Path:
    """A package that a test may spoil."""
    return Path(shutil.copytree(made.path, place / "spoilt"))
