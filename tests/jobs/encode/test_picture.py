"""Any frames of a master are read exactly, and as the picture that is shown."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from jobs.encode.facts import Shot
from jobs.encode.picture import read, shown
from jobs.encode.tools import ffmpeg
from tests.jobs.encode.conftest import X264

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from jobs.encode.facts import Master
    from tests.jobs.encode.conftest import Clip, Film

    TakenIn = Callable[[Path], Film]

NUMBERED = "nullsrc=s=64x64:r={fps}:d=8,format=yuv420p,geq=lum='20+N':cb=128:cr=128"
"""Frame n is of luma 20 + n."""
LOSSLESS = ("-c:v", "libx264", "-threads", "1", "-qp", "0", "-bf", "2", "-g", "25")
CORNERED = "color=0x404040:s={size}:r=25:d=0.4,drawbox=x=0:y=0:w=iw/4:h=ih/4:c=white:t=fill"
"""Grey, with a white corner at the top left: it shows which way is up."""


def frames_of(path: Path, master: Master, shot: Shot, part: Path) -> NDArray[np.uint8]:
    """[frames, height, width] Luma of the picture as it is shown."""
    chain = shown(master, shot.first_frame, shot.frames)
    words = ("-vf", chain, "-f", "rawvideo", "-pix_fmt", "yuv420p")
    ffmpeg("-v", "error", *read(path, master, shot.first_frame), *words, part)
    size = master.width * master.height
    raw = np.fromfile(part, np.uint8).reshape(-1, size * 3 // 2)[:, :size]
    return raw.reshape(-1, master.height, master.width)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("fps", ["25", "24000/1001"])
def test_shots_are_cut_at_their_frames(
    suffix: str, fps: str, clip: Clip, taken_in: TakenIn, tmp_path: Path
) -> None:
    film = taken_in(clip(f"numbered{suffix}", NUMBERED.format(fps=fps), *LOSSLESS))
    assert film.master.fps == fps
    # at, after and before keyframes, at the start and at the end
    for first, frames in ((0, 3), (1, 2), (24, 3), (50, 5), (103, 30), (film.master.frames - 2, 2)):
        luma = frames_of(film.path, film.master, Shot(0, first, frames), tmp_path / "raw")
        assert luma[:, 8, 8].tolist() == [20 + first + n for n in range(frames)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_frames_before_the_keyframe_of_an_open_group_are_read(
    suffix: str, clip: Clip, taken_in: TakenIn, tmp_path: Path
) -> None:
    # such frames follow it in the file and need the group before; in MP4 a seek to one met the keyframe
    opened = ("-x264-params", "open-gop=1:keyint=24:bframes=8:b-adapt=0:scenecut=0")
    words = ("-c:v", "libx264", "-threads", "1", "-qp", "1", *opened)
    film = taken_in(clip(f"open{suffix}", NUMBERED.format(fps="25"), *words))
    for first in (20, 23, 46, 47, 71):
        luma = frames_of(film.path, film.master, Shot(0, first, 4), tmp_path / "raw")
        assert luma[:, 8, 8].tolist() == [20 + first + n for n in range(4)]


def test_a_late_shot_is_sought_and_its_film_not_decoded(
    clip: Clip, taken_in: TakenIn, tmp_path: Path
) -> None:
    film = taken_in(clip("numbered.mp4", NUMBERED.format(fps="25"), *LOSSLESS))
    words = (*read(film.path, film.master, 160), "-vf", shown(film.master, 160, 5))
    ran = ffmpeg("-v", "verbose", *words, "-f", "null", "-")
    decoded = re.search(r"(\d+) frames decoded", ran.stderr)
    assert decoded
    assert int(decoded[1]) < 50  # a group of 25, and what is under way when the last one is had


def test_a_lost_frame_is_filled_by_the_one_before_it(
    clip: Clip, taken_in: TakenIn, tmp_path: Path
) -> None:
    graph = NUMBERED.format(fps="25") + ",select='not(between(n,40,41))'"
    film = taken_in(clip("lossy.mkv", graph, *LOSSLESS, "-fps_mode", "passthrough"))
    assert (film.master.fps, film.master.frames) == ("25", 200)
    luma = frames_of(film.path, film.master, Shot(0, 38, 6), tmp_path / "raw")
    assert luma[:, 8, 8].tolist() == [58, 59, 59, 59, 62, 63]


def test_a_last_frame_that_lasts_a_moment_is_a_frame(
    clip: Clip, taken_in: TakenIn, tmp_path: Path
) -> None:
    # telephones end so; `fps` rounds the end of a film and left the frame out, so that none was encoded
    whole = clip("whole.mp4", "testsrc2=s=96x64:r=25:d=0.4", *X264, "-bf", "0")
    brief = ("-c", "copy", "-bsf:v", "setts=duration='if(eq(N,9),20,DURATION)'")
    film = taken_in(clip("brief.mp4", "", *brief, before=("-i", str(whole))))
    assert film.master.frames == 10
    assert len(frames_of(film.path, film.master, Shot(0, 5, 5), tmp_path / "raw")) == 5


def test_a_clock_that_does_not_start_at_zero_moves_nothing(
    clip: Clip, taken_in: TakenIn, tmp_path: Path
) -> None:
    words = (*LOSSLESS, "-output_ts_offset", "7.013")
    film = taken_in(clip("late.mkv", NUMBERED.format(fps="25"), *words))
    assert float(Fraction(film.master.start)) == pytest.approx(7.013, abs=0.05)
    luma = frames_of(film.path, film.master, Shot(0, 77, 3), tmp_path / "raw")
    assert luma[:, 8, 8].tolist() == [97, 98, 99]


def top_left(luma: NDArray[np.uint8]) -> bool:
    """Whether the white corner, and only it, is where it was drawn."""
    height, width = luma.shape
    bright = luma > 150
    quarter = bright[: height // 4 - 2, : width // 4 - 2]
    return bool(quarter.all() and not bright[height // 4 + 2 :].any())


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_picture_is_upright(
    degrees: int, clip: Clip, taken_in: TakenIn, tmp_path: Path
) -> None:
    # as a telephone does: the picture is stored turned, and a matrix says how to turn it back
    turn = {90: "transpose=cclock", 180: "hflip,vflip", 270: "transpose=clock"}[degrees]
    stored = clip("stored.mp4", f"{CORNERED.format(size='96x64')},{turn}")
    before = ("-display_rotation", str(-degrees), "-i", str(stored))
    film = taken_in(clip("turned.mp4", "", "-c", "copy", before=before))
    assert (film.master.rotation, film.master.width, film.master.height) == (degrees, 96, 64)
    assert top_left(frames_of(film.path, film.master, Shot(0, 0, 1), tmp_path / "raw")[0])


@pytest.mark.parametrize(
    ("stored", "matrix"),
    [
        # a, b, c, d of the matrix that a player turns the stored picture by
        ("vflip", (1, 0, 0, -1)), ("hflip", (-1, 0, 0, 1)),
        ("transpose=cclock_flip", (0, 1, 1, 0)), ("transpose=clock_flip", (0, -1, -1, 0)),
    ],
)  # fmt: skip
def test_a_mirrored_picture_is_put_right(
    stored: str, matrix: tuple[int, ...], clip: Clip, taken_in: TakenIn, tmp_path: Path
) -> None:
    # as a telephone's front camera does; ffprobe tells of the turn alone
    level = clip("stored.mp4", f"{CORNERED.format(size='96x64')},{stored}")
    file = tmp_path / "mirrored.mp4"
    file.write_bytes(turned_by(level.read_bytes(), matrix))
    film = taken_in(file)
    assert (film.master.mirrored, film.master.width, film.master.height) == (True, 96, 64)
    assert top_left(frames_of(film.path, film.master, Shot(0, 0, 1), tmp_path / "raw")[0])


def turned_by(film: bytes, matrix: tuple[int, ...]) -> bytes:
    """An MP4 whose track has another matrix: 9 numbers of 16.16, those of the last column of 2.30."""
    a, b, c, d = (number << 16 for number in matrix)
    level = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    at = film.index(level, film.index(b"tkhd"))
    return film[:at] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + film[at + 36 :]


def test_oblong_pixels_become_square(clip: Clip, taken_in: TakenIn, tmp_path: Path) -> None:
    film = taken_in(clip("oblong.mp4", f"{CORNERED.format(size='96x96')},setsar=16/9"))
    assert (film.master.sample_aspect, film.master.width, film.master.height) == ("16/9", 170, 96)
    assert top_left(frames_of(film.path, film.master, Shot(0, 0, 1), tmp_path / "raw")[0])


def test_bars_are_cut_off(clip: Clip, taken_in: TakenIn, tmp_path: Path) -> None:
    graph = CORNERED.format(size="128x64") + ",pad=128:96:0:16:black"
    film = taken_in(clip("barred.mp4", graph))
    assert (film.master.crop, film.master.height) == ("128:64:0:16", 64)
    assert top_left(frames_of(film.path, film.master, Shot(0, 0, 1), tmp_path / "raw")[0])


@pytest.mark.parametrize("bars", ["", ",pad=iw:iw:0:(oh-ih)/2:black"])
def test_a_film_whose_size_changes_goes_on_at_its_first(
    bars: str, clip: Clip, taken_in: TakenIn, tmp_path: Path
) -> None:
    # a broadcast changes its size with its programme; filters made anew would begin at frame 0 again
    parts = [
        clip("part.ts", CORNERED.format(size=size) + bars, *X264, "-output_ts_offset", str(offset))
        for size, offset in (("96x64", 0), ("144x96", 0.4))
    ]
    names = tmp_path / "parts.txt"
    names.write_text("".join(f"file '{part}'\n" for part in parts))
    before = ("-f", "concat", "-safe", "0", "-i", str(names))
    film = taken_in(clip(f"changes{len(bars)}.ts", "", "-c", "copy", before=before))
    assert bool(film.master.crop) == bool(bars)  # found and cut off in the size of the first
    assert (film.master.size, film.master.frames) == ((96, 64), 20)
    luma = frames_of(film.path, film.master, Shot(0, 5, 10), tmp_path / "raw")
    assert [top_left(frame) for frame in luma] == 10 * [True]


def test_a_dark_film_keeps_its_picture(clip: Clip, taken_in: TakenIn) -> None:
    graph = "color=black:s=128x96:r=25:d=1,drawbox=x=60:y=40:w=8:h=8:c=white:t=fill"
    assert taken_in(clip("dark.mp4", graph)).master.crop == ""


def test_woven_fields_are_found_and_taken_apart(
    clip: Clip, taken_in: TakenIn, tmp_path: Path
) -> None:
    moving = "testsrc2=s=128x96:r=50:d=2"
    words = ("-c:v", "libx264", "-qp", "4", "-flags", "+ildct+ilme", "-threads", "1")
    woven = taken_in(clip("woven.mp4", f"{moving},interlace=lowpass=off,setfield=tff", *words))
    whole = taken_in(clip("whole.mp4", moving.replace("r=50", "r=25")))
    assert (woven.master.interlaced, woven.master.frames) == (True, 50)
    assert not whole.master.interlaced
    shot = Shot(0, 20, 5)
    apart = frames_of(woven.path, woven.master, shot, tmp_path / "raw")
    left = replace(woven.master, interlaced=False)
    assert comb(apart) < 0.8 * comb(frames_of(woven.path, left, shot, tmp_path / "raw"))
    # drawn and tiny pictures seem woven to a detector, and in these codecs they cannot be
    for codec in (("libx265", "-x265-params", "log-level=error:pools=none"), ("libvpx-vp9",)):
        file = clip("drawn.mkv", f"{moving},interlace=lowpass=off", "-c:v", *codec)
        assert not taken_in(file).master.interlaced


def comb(luma: NDArray[np.uint8]) -> float:
    """How much lines differ from the mean of their neighbours."""
    lines = luma.astype(int)
    return float(np.abs(2 * lines[:, 1:-1] - lines[:, :-2] - lines[:, 2:]).mean())


def test_full_range_becomes_studio_range(clip: Clip, taken_in: TakenIn, tmp_path: Path) -> None:
    graph = "color=white:s=64x64:r=25:d=0.2,scale=out_range=pc,format=yuvj420p"
    film = taken_in(clip("full.mp4", graph, "-c:v", "libx264", "-qp", "0", "-threads", "1"))
    assert film.master.colour["range"] == "pc"
    luma = frames_of(film.path, film.master, Shot(0, 0, 1), tmp_path / "raw")
    assert luma.max() == 235


@pytest.mark.parametrize("words", [("libx264rgb", "-qp", "0", "-threads", "1"), ("qtrle",)])
def test_rgb_gets_the_matrix_of_hd(
    words: tuple[str, ...], clip: Clip, taken_in: TakenIn, tmp_path: Path
) -> None:
    graph = "color=0x00ff00:s=64x64:r=25:d=0.2,format=rgb24"
    film = taken_in(clip("rgb.mov", graph, "-c:v", *words))
    # QuickTime's animation says nothing of a matrix
    assert film.master.colour["matrix"] == ("gbr" if len(words) > 1 else "unknown")
    luma = frames_of(film.path, film.master, Shot(0, 0, 1), tmp_path / "raw")
    assert int(luma[0, 9, 9]) == pytest.approx(16 + 219 * 0.7152, abs=1.5)  # BT.709; 601 has .587


@pytest.mark.parametrize(
    ("transfer", "primaries", "matrix"),
    [
        ("smpte2084", "bt2020", "bt2020nc"),
        ("smpte2084", "bt2020", "unknown"),
        ("smpte2084", "unknown", "unknown"),
        ("arib-std-b67", "unknown", "unknown"),
    ],
)
def test_hdr_is_toned_down_to_sdr(
    transfer: str, primaries: str, matrix: str, clip: Clip, taken_in: TakenIn, tmp_path: Path
) -> None:
    # the 203 cd/m2 of diffuse white (BT.2408), 58 % of PQ and 75 % of HLG, must be bright, and not at
    # the top; of colours that a file does not name no filter finds a way to others
    grey = {"smpte2084": "0x949494", "arib-std-b67": "0xbfbfbf"}[transfer]
    graph = (
        f"color={grey}:s=64x64:r=25:d=0.2,format=yuv420p10le,"
        f"setparams=color_primaries={primaries}:color_trc={transfer}:colorspace={matrix}"
    )
    x265 = ("-c:v", "libx265", "-x265-params", "log-level=error:pools=none")
    words = (*x265, "-pix_fmt", "yuv420p10le")
    film = taken_in(clip("hdr.mp4", graph, *words))
    assert film.master.hdr
    assert film.master.colour["matrix"] == matrix
    luma = frames_of(film.path, film.master, Shot(0, 0, 1), tmp_path / "raw")
    assert 150 < int(luma[0, 9, 9]) < 235
