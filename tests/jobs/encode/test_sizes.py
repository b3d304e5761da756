"""Sizes keep the master's aspect, are even, and lie between 240p and the master."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.facts import Master
from jobs.encode.sizes import sizes_of


def master(width: int, height: int) -> Master:
    return Master(
        "", "mov", width, height, "25", 1, "yuv420p", {}, False, False, 0, "1", ""
    )  # fmt: skip


@pytest.mark.parametrize(
    ("own", "sizes"),
    [
        # 234 lines would be too few
        ((1280, 720), [(1280, 720), (960, 540), (768, 432), (640, 360), (426, 240)]),
        ((1920, 1080), [(1920, 1080), (1440, 810), (1152, 648), (960, 540), (624, 352)]),
        ((640, 272), [(640, 272), (564, 240)]),  # all its next sizes would have too few
        ((320, 240), [(320, 240)]),
        ((176, 144), [(176, 144)]),
        ((720, 1280), [(720, 1280), (540, 960), (432, 768), (360, 640), (240, 426)]),  # upright
    ],
)
def test_the_sizes_of(own: tuple[int, int], sizes: list[tuple[int, int]]) -> None:
    assert sizes_of(master(*own)) == sizes


@given(st.integers(16, 4096), st.integers(16, 4096))
def test_no_size_is_above_the_master_or_odd_or_twice(half_width: int, half_height: int) -> None:
    own = (2 * half_width, 2 * half_height)
    sizes = sizes_of(master(*own))
    assert sizes[0] == own
    assert len(set(sizes)) == len(sizes)
    assert sizes == sorted(sizes, reverse=True)
    for width, height in sizes[1:]:
        assert (width % 2, height % 2) == (0, 0)
        assert min(width, height) >= 240
        assert width / height == pytest.approx(own[0] / own[1], rel=2 / 240)
