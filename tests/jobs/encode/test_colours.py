"""What is shown is BT.709 or narrower, and says so, whatever the master says."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from jobs.encode.colours import HD, HDR_TO_SDR, SD_525, SD_625, WORDS, named, to_sdr
from jobs.encode.facts import Master
from jobs.encode.picture import read, shown
from jobs.encode.tools import ffmpeg, ffprobe
from tests.jobs.encode.conftest import X264

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.jobs.encode.conftest import Clip, Film

SILENT = Master("", "mov", 1920, 1080, "25", 1, "yuv420p", {}, False, False, 0, "1", "")
"""A master of HD that says nothing of its colours."""


def words(told: dict[str, str]) -> str:
    return "setparams=" + ":".join(f"{WORDS[name]}={word}" for name, word in told.items())


@pytest.mark.parametrize(
    ("width", "height", "fps", "standard"),
    [
        (1280, 720, "25", HD),
        (1920, 544, "24", HD),  # a broad film of HD has few lines
        (608, 1080, "30", HD),  # upright
        (1024, 576, "25", SD_625),
        (768, 576, "50", SD_625),
        (768, 608, "25", SD_625),  # D-10, with the lines of teletext
        (854, 480, "30000/1001", SD_525),
    ],
)
def test_colours_that_nobody_named_are_those_of_the_masters_size(
    width: int, height: int, fps: str, standard: dict[str, str]
) -> None:
    # of the master's: a rung of 360 lines of an HD film has the colours of HD
    assert named(replace(SILENT, width=width, height=height, fps=fps)) == words(standard)


def test_what_a_master_says_of_its_colours_stays() -> None:
    said = {"primaries": "bt470bg", "transfer": "gamma22", "matrix": "bt470bg"}
    assert named(replace(SILENT, colour=said)) == ""
    # the rest is of the standard that is named, not of the size
    assert named(replace(SILENT, colour={"matrix": "smpte170m"})) == words(
        {name: SD_525[name] for name in ("primaries", "transfer")}
    )
    assert named(replace(SILENT, pixel_format="gbrp12le", height=480, width=640)) == words(HD)


def test_only_wide_colours_are_converted() -> None:
    assert to_sdr(SILENT) == ""
    assert to_sdr(replace(SILENT, colour={"matrix": "bt709", "primaries": "bt709"})) == ""
    assert to_sdr(replace(SILENT, colour={"matrix": "bt2020nc"})).startswith("zscale=")


@pytest.mark.parametrize(
    ("colour", "said"),
    [
        ({"primaries": "bt2020", "matrix": "bt2020nc"}, ""),
        ({"primaries": "smpte432", "matrix": "gbr"}, ""),
        ({"primaries": "bt2020", "matrix": "reserved"}, "setparams=colorspace=bt2020nc,"),
        ({}, "setparams=color_primaries=bt2020:colorspace=bt2020nc,"),
    ],
)
def test_hdr_is_told_only_what_it_does_not_say(colour: dict[str, str], said: str) -> None:
    # a master that says all keeps its command line, and with it what was made of it
    assert to_sdr(replace(SILENT, hdr=True, colour=colour)) == said + HDR_TO_SDR


def shown_as(film: Film, part: Path) -> dict[str, str]:
    """What an encoder's file says of the colours of its picture."""
    chain = shown(film.master, 0, 1)
    ffmpeg("-v", "error", *read(film.path, film.master), "-vf", chain, *X264, part)
    said = ffprobe("-v", "error", "-show_streams", "-of", "json", part).stdout
    return json.loads(said)["streams"][0]


@pytest.mark.parametrize(("size", "matrix"), [("1280x720", "bt709"), ("720x480", "smpte170m")])
def test_every_encode_names_its_colours(
    size: str, matrix: str, clip: Clip, taken_in: Callable[[Path], Film], tmp_path: Path
) -> None:
    film = taken_in(
        clip("silent.mp4", f"testsrc2=s={size}:r=30:d=0.04", *X264, "-pix_fmt", "yuv420p")
    )
    assert film.master.colour["matrix"] == "unknown"
    said = shown_as(film, tmp_path / "rung.mp4")
    assert (said["color_space"], said["color_primaries"], said["color_transfer"]) == (matrix,) * 3


def test_the_wide_colours_of_uhd_become_bt709(
    clip: Clip, taken_in: Callable[[Path], Film], tmp_path: Path
) -> None:
    # the red of BT.709, said in BT.2020: shown as it was delivered it would be a pale orange
    graph = (
        "color=red:s=64x64:r=25:d=0.1,format=gbrp,zscale=min=gbr:pin=bt709:tin=bt709:"
        "p=bt2020:t=bt2020-10:m=bt2020nc:r=tv,format=yuv420p10le"
    )
    film = taken_in(clip("wide.mp4", graph, *X264))
    assert film.master.colour["primaries"] == "bt2020"
    assert not film.master.hdr
    said = shown_as(film, tmp_path / "rung.mp4")
    assert (said["color_space"], said["color_primaries"]) == ("bt709", "bt709")
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", tmp_path / "raw")
    ffmpeg("-v", "error", "-i", tmp_path / "rung.mp4", "-frames:v", "1", *raw)
    red, green, blue = (tmp_path / "raw").read_bytes()[3 * 64 * 32 + 96 :][:3]
    assert red > 245
    assert max(green, blue) < 12
