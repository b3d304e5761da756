"""Sizes keep the master's aspect, are even, and lie between 240p and the master."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.facts import Master
from jobs.encode.sizes import lines_of, sizes_of


def master(width: int, height: int) -> Master:
    return Master(
        "", "mov", width, height, "25", 1, "yuv420p", {}, False, False, 0, "1", ""
    )  # fmt: skip


@pytest.mark.parametrize(
    ("own", "sizes"),
    [
        # 234 lines would be too few
        ((1280, 720), [(1280, 720), (960, 540), (768, 432), (640, 360), (426, 240)]),
        # .75, .6, .5 and 1/3 to the power of log(4.5) / log(3)
        ((1920, 1080), [(1920, 1080), (1294, 728), (954, 536), (744, 418), (426, 240)]),
        ((3840, 2160), [(3840, 2160), (2160, 1216), (1382, 778), (960, 540), (426, 240)]),
        # 2.39:1 from side to side of the same screens
        ((1920, 804), [(1920, 804), (1294, 542), (954, 400), (744, 312), (426, 178)]),
        ((720, 480), [(720, 480), (540, 360), (432, 288), (360, 240)]),
        ((640, 272), [(640, 272), (480, 204), (426, 182)]),
        ((320, 240), [(320, 240)]),
        ((176, 144), [(176, 144)]),
        ((720, 1280), [(720, 1280), (540, 960), (432, 768), (360, 640), (240, 426)]),  # upright
    ],
)
def test_the_sizes_of(own: tuple[int, int], sizes: list[tuple[int, int]]) -> None:
    assert sizes_of(master(*own), 2160) == sizes


def test_a_codec_begins_where_its_devices_end() -> None:
    """H.264 of a master of 2160 lines had skipped from 1216, which no device need play, to 778."""
    assert sizes_of(master(3840, 2160), 1080) == sizes_of(master(1920, 1080), 1080)
    assert sizes_of(master(2160, 3840), 1080)[0] == (1080, 1920)
    # 2580x1080, by its shorter side, is no size that a level 4.2 decodes
    assert sizes_of(master(3840, 1608), 1080)[0] == (1920, 804)


@pytest.mark.parametrize(
    ("size", "lines"),
    [
        ((1280, 720), 720), ((1280, 536), 720), ((720, 1280), 720), ((536, 1280), 720),
        ((640, 480), 480), ((1080, 1080), 1080), ((426, 240), 240), ((426, 178), 240),
        ((1366, 768), 768), ((744, 418), 418),
    ],
)  # fmt: skip
def test_a_size_is_called_by_the_screen_that_it_fills(size: tuple[int, int], lines: int) -> None:
    """A film in scope is 1080p from side to side although it has 804 lines, as people call it."""
    assert lines_of(*size) == lines


SHAPES = st.sampled_from([16 / 9, 9 / 16, 4 / 3, 2.39, 1.0, 1 / 2.39])


@given(st.integers(120, 1080), SHAPES)
def test_the_smallest_is_240p_whatever_the_master_has(half_lines: int, shape: float) -> None:
    """A phone on a poor line gets 240p of a 2160p master too, for no more than five sizes."""
    lines = 2 * half_lines
    longer = 2 * round(max(shape, 1 / shape) * half_lines)
    own = (longer, lines) if shape > 1 else (lines, longer)
    sizes = sizes_of(master(*own), max(own))
    assert lines_of(*sizes[-1]) in (240, 241)  # 428x240 is a little broad for a screen of 240
    assert len(sizes) <= 5
    if lines_of(*own) >= 720:
        assert len(sizes) == 5
        steps = [high[0] / low[0] for high, low in pairwise(sizes)]
        assert max(steps) < 3  # 2160 lines: 540 and then 240


@given(st.integers(16, 4096), st.integers(16, 4096))
def test_no_size_is_above_the_master_or_odd_or_twice(half_width: int, half_height: int) -> None:
    own = (2 * half_width, 2 * half_height)
    sizes = sizes_of(master(*own), max(own))
    assert sizes[0] == own
    assert len(set(sizes)) == len(sizes)
    assert sizes == sorted(sizes, reverse=True)
    for width, height in sizes[1:]:
        assert (width % 2, height % 2) == (0, 0)
        assert lines_of(width, height) >= 240
        # rounded to even on either side
        assert abs(width * own[1] - height * own[0]) <= sum(own)
