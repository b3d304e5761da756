"""The fixed ladder is the one that was measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.ladder.fixed import fixed_ladder
from tests.jobs.encode.ladder.measured import FIXED_KBPS


def test_a_source_of_720_lines_gets_every_rung() -> None:
    ladder = fixed_ladder((1280, 720))
    assert tuple(rung.kbps for rung in ladder) == FIXED_KBPS
    assert [(rung.width, rung.height) for rung in ladder] == [
        *((416, 234), (640, 360), (768, 432), (768, 432), (960, 540), (1280, 720), (1280, 720))
    ]
    assert ladder[-1].maxrate_kbps == 6750  # one and a half times


@pytest.mark.parametrize(
    ("source", "sizes"),
    [
        ((640, 272), [(416, 176), (640, 272), (640, 272), (640, 272)]),
        ((720, 480), [(416, 278), (640, 426), (720, 480), (720, 480)]),
        ((320, 240), [(320, 240), (320, 240)]),
    ],
)
def test_a_smaller_source_keeps_two_capped_rungs(
    source: tuple[int, int], sizes: list[tuple[int, int]]
) -> None:
    """As measured: 416 x 272 / 640 = 176.8, which is nearest to the even 176; 640 is its own size."""
    assert [(rung.width, rung.height) for rung in fixed_ladder(source)] == sizes


@given(st.integers(8, 2000).map(lambda half: 2 * half), st.integers(8, 2000).map(lambda h: 2 * h))
def test_no_rung_is_larger_than_its_source(width: int, height: int) -> None:
    ladder = fixed_ladder((width, height))
    assert all(rung.width <= width and rung.height <= height for rung in ladder)
    assert all(rung.height % 2 == 0 for rung in ladder)
    assert [rung.kbps for rung in ladder] == list(FIXED_KBPS[: len(ladder)])
    assert 2 <= len(ladder) <= 7
