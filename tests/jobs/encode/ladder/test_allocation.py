"""Equal slope costs less than one CRF, and no shot pays for it with more than three points."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.encode.ladder.allocation import ShotCurves, allocate, shot_curves
from jobs.encode.ladder.errors import UnevenProbes
from tests.jobs.encode.ladder.laws import FPS, LAWS, SIZES, X264, Law, probed

SIZE = SIZES[0]
FILM = [
    Law(log_kbps=5.5, log_loss=-2.46, loss_rise=0.076),
    Law(log_kbps=7.5, log_loss=-2.26, loss_rise=0.11),
    Law(log_kbps=6.5, log_loss=-2.57, loss_rise=0.086),
    Law(log_kbps=7.0, log_loss=-2.3, loss_rise=0.105),
]
"""From a still to a fight: at CRF 30 they cost 245 to 1,808 kb/s and score 92.2 to 94.6."""


def curves_of(laws: list[Law]) -> ShotCurves:
    return shot_curves(probed(laws), SIZE, FPS, X264)


def cost_of_one_crf(curves: ShotCurves, vmaf: float) -> float:
    """kb/s of the same mean with one CRF for all, between whole CRFs where it must be."""
    means = curves.share @ curves.vmaf
    return float(np.interp(vmaf, means[::-1], (curves.share @ curves.kbps)[::-1]))


@pytest.mark.parametrize("target", [95, 93, 90])
def test_it_beats_one_crf_at_the_same_mean(target: float) -> None:
    """Floor kept: measured 4.5 to 5 % on five shots of a film."""
    curves = curves_of(FILM)
    found = allocate(curves, target)
    assert target <= found.vmaf < target + 0.3
    assert found.kbps < 0.97 * cost_of_one_crf(curves, found.vmaf)
    assert found.worst_shot_vmaf >= found.vmaf - 3


def test_the_floor_lifts_a_shot_that_one_crf_lets_fall() -> None:
    """At a mean of 80.4 one CRF leaves a shot at 75.2, which the floor does not allow."""
    curves = curves_of(FILM)
    means = curves.share @ curves.vmaf
    place = int(np.argmin(np.abs(means - 80)))
    assert curves.vmaf[:, place].min() < means[place] - 4
    found = allocate(curves, 80)
    assert found.worst_shot_vmaf >= found.vmaf - 3


def test_without_a_floor_it_saves_more_and_gives_up_the_worst_shot() -> None:
    """Why there is a floor."""
    curves = curves_of(FILM)
    kept, let_go = allocate(curves, 85), allocate(curves, 85, largest_fall=100)
    assert let_go.kbps < kept.kbps
    assert let_go.worst_shot_vmaf < 85 - 6


@given(st.lists(LAWS, min_size=2, max_size=6), st.floats(60, 95), st.floats(0.5, 6))
@settings(max_examples=60)
def test_the_target_and_the_floor_hold(laws: list[Law], target: float, fall: float) -> None:
    """Unless a shot cannot score so much at any CRF: then it has its best."""
    curves = curves_of(laws)
    found = allocate(curves, target, fall)
    best = curves.vmaf.max(axis=1)
    assert found.vmaf >= min(target, float(curves.share @ best)) - 1e-6
    for shot, crf in found.crfs.items():
        vmaf = curves.vmaf[shot, curves.crf == crf].item()
        assert vmaf >= min(found.vmaf - fall, best[shot]) - 1e-9


@given(st.lists(LAWS, min_size=3, max_size=3), st.floats(70, 92))
@settings(max_examples=25)
def test_no_other_whole_crfs_give_as_much_for_less(laws: list[Law], target: float) -> None:
    """Against all 23 x 23 x 23 choices, no floor: equal slope may overshoot the target, but what it
    reaches is had nowhere cheaper (Everett, 1963)."""
    curves = curves_of(laws)
    found = allocate(curves, target, largest_fall=100)
    every = np.array(list(product(range(len(curves.crf)), repeat=3)))
    vmaf = sum(curves.share[shot] * curves.vmaf[shot, every[:, shot]] for shot in range(3))
    kbps = sum(curves.share[shot] * curves.kbps[shot, every[:, shot]] for shot in range(3))
    assert found.kbps <= kbps[vmaf >= found.vmaf].min(initial=np.inf) + 1e-6


def test_equal_slopes_by_hand() -> None:
    """Two shots alike in VMAF (90, 80, 70 at CRF 20, 30, 40). The first pays 100, 60, 40 kb/s and
    the second 1000, 600, 400. For a mean of 80 the choices are (80, 80) at 330 kb/s, (90, 70) at 250
    and (70, 90) at 520; with all three points of fall only the first, without a floor the second."""
    curves = ShotCurves(
        (4, 7),
        np.array([0.5, 0.5]),
        np.array([20.0, 30.0, 40.0]),
        np.array([[100.0, 60.0, 40.0], [1000.0, 600.0, 400.0]]),
        np.array([[90.0, 80.0, 70.0], [90.0, 80.0, 70.0]]),
    )
    assert allocate(curves, 80).crfs == {4: 30, 7: 30}
    free = allocate(curves, 80, largest_fall=100)
    assert (free.crfs, free.kbps, free.vmaf, free.worst_shot_vmaf) == ({4: 20, 7: 40}, 250, 80, 70)


def test_finer_steps_land_nearer_the_target_for_less() -> None:
    whole = allocate(curves_of(FILM), 85)
    quarters = allocate(shot_curves(probed(FILM), SIZE, FPS, X264, crf_step=0.25), 85)
    assert 85 <= quarters.vmaf < whole.vmaf
    assert quarters.kbps < whole.kbps
    assert any(crf % 1 for crf in quarters.crfs.values())


def test_a_target_out_of_reach_gives_every_shot_its_best() -> None:
    assert set(allocate(curves_of(FILM), 100).crfs.values()) == {18}


def test_a_size_that_was_not_probed_is_interpolated() -> None:
    between = shot_curves(probed(FILM, SIZES[::2]), SIZES[1], FPS, X264)
    assert allocate(between, 85).vmaf >= 85


def test_shots_must_all_be_probed_alike() -> None:
    with pytest.raises(UnevenProbes):
        shot_curves(probed(FILM)[:-1], SIZE, FPS, X264)
