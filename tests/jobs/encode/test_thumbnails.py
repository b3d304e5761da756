"""The tile at a time shows the picture of that time, and sheets cover the whole title."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode import tools
from jobs.encode.thumbnails import MissingTiles, grid_of, make_thumbnails
from jobs.encode.workshop import Workshop
from tests.jobs.encode.made_package import video

if TYPE_CHECKING:
    from pathlib import Path


def test_each_tile_shows_its_time(tmp_path: Path) -> None:
    """A picture that gets lighter every 2 s, with key frames at cuts between them too."""
    file, sheet = tmp_path / "steps.mp4", tmp_path / "sheet.gray"
    tools.ffmpeg(
        "-v", "error", "-f", "lavfi", "-i",
        "color=black:s=64x36:r=10:d=13,geq=lum='30+30*floor(T/2)':cb=128:cr=128",
        "-c:v", "libx264", "-threads", "1", "-force_key_frames", "expr:eq(mod(t,2),0)+eq(t,3.5)",
        file,
    )  # fmt: skip
    grid = grid_of(64, 36, 13.0)
    assert (grid.columns, grid.rows, grid.tiles, grid.seconds) == (5, 2, 7, 2)
    made = make_thumbnails(Workshop(tmp_path / "work"), file, grid)
    tools.ffmpeg(
        "-v", "error", "-i", made.path / "00001.jpg", "-pix_fmt", "gray", "-f", "rawvideo", sheet
    )
    lights = np.fromfile(sheet, np.uint8).reshape(2, grid.height, 5, grid.width).mean((1, 3))
    expected = [30.0 + 30 * step for step in range(7)]
    # video levels are stretched to those of JPEG: (x - 16) * 255 / 219
    assert lights.ravel()[:7] == pytest.approx([(x - 16) * 255 / 219 for x in expected], abs=4)


def test_two_seconds_that_are_no_whole_frames() -> None:
    """At 24000/1001 frames/s: 600.6 / 2.002 comes out as a little more than 300."""
    grid = grid_of(160, 90, 14400 * 1001 / 24000, 48 * 1001 / 24000)
    assert (grid.tiles, grid.sheets) == (300, 15)


@given(
    size=st.tuples(st.integers(2, 4000), st.integers(2, 4000)),
    seconds=st.floats(0.04, 40_000, allow_nan=False),
)
def test_sheets_cover_the_title_and_no_more(size: tuple[int, int], seconds: float) -> None:
    grid = grid_of(*size, seconds)
    assert (grid.tiles - 1) * grid.seconds < seconds <= grid.tiles * grid.seconds * (1 + 1e-6)
    assert sum(grid.sheet_durations()) == pytest.approx(seconds)
    assert all(0 < lasts <= grid.sheet_seconds for lasts in grid.sheet_durations())
    assert grid.tiles <= 1000
    assert grid.width % 2 == grid.height % 2 == 0
    assert 2 <= min(grid.width, grid.height) <= max(grid.width, grid.height) == 160


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    grid = grid_of(160, 90, 9.5)
    hashes = {
        make_thumbnails(Workshop(tmp_path / name), video(90), grid).sha256 for name in ("a", "b")
    }
    assert len(hashes) == 1


def test_a_video_that_ends_early_is_noticed(tmp_path: Path) -> None:
    """Else the seek bar would ask for sheets that are not there."""
    with pytest.raises(MissingTiles, match="fill 1 sheets where 3 were due"):
        make_thumbnails(Workshop(tmp_path), video(90), grid_of(160, 90, 100.0))
