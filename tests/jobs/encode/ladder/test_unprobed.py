"""A title of which nothing was probed has a ladder all the same, which no device is overtaxed by."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.codecs import Cap
from jobs.encode.ladder.errors import NoRung
from jobs.encode.ladder.rungs import CAPS, Aims, shortfalls
from jobs.encode.ladder.unprobed import unprobed
from jobs.encode.sizes import lines_of
from tests.jobs.encode.ladder.measured import FIXED_KBPS

ANYTHING = Cap(10_000, 1e12, 1e9)


def test_a_source_of_720_lines_gets_every_rung_at_its_rate() -> None:
    rungs = unprobed((1280, 720), "h264", 22, ANYTHING, 24)
    assert tuple(rung.kbps for rung in rungs) == FIXED_KBPS
    # 234 lines would be too few
    assert [rung.height for rung in rungs] == [240, 360, 432, 432, 540, 720, 720]
    assert all(rung.maxrate_kbps == rung.kbps for rung in rungs)
    assert shortfalls(rungs, Aims()) == []  # it has no aims, and its top no promise of 0
    # two of one size would be one file of an easy title: 6 x log2(4500 / 3000) = 3.51
    assert [rung.crf for rung in rungs] == [
        22,
        22,
        pytest.approx(25.55),
        22,
        22,
        pytest.approx(25.51),
        22,
    ]


@pytest.mark.parametrize(
    ("source", "sizes"),
    [
        ((640, 272), [(426, 182), (640, 272), (640, 272), (640, 272)]),
        ((720, 1280), [(240, 426), (360, 640), (432, 768), (432, 768), (540, 960), (720, 1280), (720, 1280)]),
        ((176, 144), [(176, 144), (176, 144)]),  # below 240p: its own size alone
        ((1920, 804), [(426, 178), (640, 268), (768, 322), (768, 322), (960, 402), (1280, 536), (1280, 536)]),
    ],
)  # fmt: skip
def test_the_sizes_of(source: tuple[int, int], sizes: list[tuple[int, int]]) -> None:
    rungs = unprobed(source, "h264", 22, ANYTHING, 24)
    assert [(rung.width, rung.height) for rung in rungs] == sizes


def test_devices_are_asked_here_too() -> None:
    """At 240 frames a second devices of H.264 follow 540 lines and no more."""
    rungs = unprobed((1280, 720), "h264", 22, CAPS["h264"], 240)
    assert {rung.height for rung in rungs} == {240, 360, 432, 540}
    with pytest.raises(NoRung, match="h264 devices play"):
        unprobed((1280, 720), "h264", 22, Cap(100, 1e12, 1e9), 24)


EVEN = st.integers(32, 2000).map(lambda half: 2 * half)


@given(EVEN, EVEN)
def test_what_holds_of_every_source(width: int, height: int) -> None:
    rungs = unprobed((width, height), "av1", 26, ANYTHING, 24)
    assert rungs
    assert len({rung.name for rung in rungs}) == len(rungs)
    for rung in rungs:
        assert rung.fixed
        assert rung.width <= width
        assert rung.height <= height
        assert rung.width % 2 == rung.height % 2 == 0
        assert lines_of(rung.width, rung.height) >= min(240, lines_of(width, height))
    for low, high in pairwise(rungs):
        assert low.kbps < high.kbps
        assert low.width * low.height <= high.width * high.height
        if (low.width, low.height) == (high.width, high.height):
            assert low.crf > high.crf
