"""The fixed ladder is the one that was measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.ladder.curves import Curve, at_size
from jobs.encode.ladder.fixed import fixed_ladder, foreseen
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


def straight(size: tuple[int, int], best_kbps: float) -> Curve:
    """Half the rate and 10 VMAF less for each 10 CRF above 20."""
    steps = np.array([0.0, 1.0, 2.0])
    return Curve("h264", size, 20 + 10 * steps, best_kbps / 2**steps, 90 - 10 * steps, probed=True)


def test_a_fixed_rung_is_foreseen_at_its_own_rate() -> None:
    curves = [straight((1280, 720), 6000), straight((416, 234), 290)]
    told = foreseen((1280, 720), curves)
    # 3000 is half of 6000, one step; 4500 lies .415 steps below 6000 by its logarithm
    assert [one.vmaf for one in told[-2:]] == pytest.approx([80, 90 - 10 * np.log2(6 / 4.5)])
    assert told[0].vmaf == pytest.approx(80)  # 145 of 290
    assert all(one.within for one in (told[0], *told[-2:]))
    poor = foreseen((1280, 720), [straight((1280, 720), 1000)])
    assert [(one.vmaf, one.within) for one in poor[-2:]] == [(90, False)] * 2  # where curves end
    assert poor[0].vmaf == 70  # 145 is less than the 250 of the cheapest
    assert not poor[0].within


def test_a_size_between_two_lies_between_their_curves() -> None:
    low, high = straight((640, 360), 1000), straight((1280, 720), 4000)
    middle = at_size([high, low], (960, 540))
    assert middle.size == (960, 540)
    assert all(low.kbps < middle.kbps)
    assert all(middle.kbps < high.kbps)
    assert at_size([high, low], (416, 234)) is low
    assert at_size([high, low], (1920, 1080)) is high
    assert at_size([high, low], (640, 360)) is low
