"""A ladder of shots with CRFs of their own is laid on what those cost, floor kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.encode.ladder.bd_rate import bd_rate
from jobs.encode.ladder.by_shot import by_shot
from jobs.encode.ladder.curves import fit
from jobs.encode.ladder.rungs import CAPS, Aims, choose_from
from tests.jobs.encode.ladder.laws import FPS, LAWS, SIZES, X264, Law, probed

if TYPE_CHECKING:
    from jobs.encode.ladder.by_shot import ByShot
    from jobs.encode.ladder.curves import Curve
    from jobs.encode.ladder.grid import Size

ALIKE = [Law(log_kbps=5.5), Law(log_kbps=7.2), Law(log_kbps=6.4), Law(log_kbps=7.0)]
"""Dear and cheap, and all of one quality at a CRF."""


def laid(
    laws: list[Law], sizes: tuple[Size, ...] = SIZES
) -> tuple[list[Curve], dict[Size, ByShot]]:
    probes = probed(laws, sizes)
    curves = fit(probes, sizes, FPS, X264)
    return curves, by_shot(probes, curves, FPS, X264, 0.25)


def test_a_ladder_of_it_costs_less_than_one_of_one_crf() -> None:
    curves, own = laid(ALIKE)
    plain, better = (
        choose_from(these, Aims(), CAPS["h264"], FPS, 0.25)
        for these in (curves, [one.curve for one in own.values()])
    )
    rungs = [[(rung.kbps, rung.vmaf) for rung in ladder] for ladder in (plain, better)]
    assert bd_rate(*rungs) < -1
    for rung in better:
        found = own[rung.width, rung.height].allocations[rung.crf]
        assert (found.kbps, found.vmaf) == pytest.approx((rung.kbps, rung.vmaf))
        assert found.worst_shot_vmaf >= found.vmaf - 3


@given(st.lists(LAWS, min_size=2, max_size=3))
@settings(max_examples=6)
def test_every_point_of_it_keeps_the_floor_and_gives_what_one_crf_would(laws: list[Law]) -> None:
    curves, own = laid(laws, SIZES[::4])  # the largest and the smallest
    for curve in curves:
        if curve.size not in own:
            continue
        one = own[curve.size]
        assert len(one.curve.crf) == len(one.allocations)
        for crf, found in one.allocations.items():
            assert found.worst_shot_vmaf >= found.vmaf - 3
            assert found.vmaf >= curve.at(crf)[1] - 0.6  # a fit a shot is not a fit of their sum


def test_a_size_at_which_no_crf_keeps_a_shot_near_is_left_out() -> None:
    """One shot loses so much by being made small that at 240 lines its best is far below the mean."""
    laws = [Law(smaller_is_worse=0.2), Law(smaller_is_worse=0.2), Law(smaller_is_worse=0.9)]
    _, own = laid(laws)
    assert SIZES[0] in own
    smallest = own.get(SIZES[-1])
    assert smallest is None or float(np.max(smallest.curve.vmaf)) < 70
