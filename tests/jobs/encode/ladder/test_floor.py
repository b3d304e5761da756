"""A shot that came out below the floor is lifted by what it lacks, and no other shot is touched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.encode.ladder.allocation import ShotCurves, allocate, shot_curves
from jobs.encode.ladder.floor import FLOOR_TRIES, fallen, lifted
from tests.jobs.encode.ladder.laws import FPS, LAWS, SIZES, X264, Law, probed

TWO = ShotCurves(
    (4, 7),
    np.array([0.5, 0.5]),
    np.array([20.0, 21.0, 22.0, 23.0, 24.0]),
    np.array([[50.0, 40.0, 30.0, 20.0, 10.0]] * 2),
    np.array([[94.0, 92.0, 90.0, 88.0, 86.0]] * 2),
)
"""Two points of VMAF a CRF, shot 7 as shot 4."""


def test_only_shots_below_the_floor_are_fallen() -> None:
    assert fallen({4: 87.0, 7: 86.9}, 90.0) == {7}


@pytest.mark.parametrize(
    ("scores", "crf"),
    [
        (
            (93.1, 86.9),
            23.0,
        ),  # lacks .1; the floor ends at 87.6, and one step of 2 points is enough
        ((95.0, 85.0), 21.0),  # lacks 2; the floor ends at 89.5, three steps above
        ((98.0, 70.0), 20.0),  # lacks more than the curve holds
        ((92.9, 87.1), 24.0),  # lacks nothing
    ],
)
def test_a_shot_gets_the_highest_crf_that_gives_what_it_lacks(
    scores: tuple[float, float], crf: float
) -> None:
    means = dict(zip(TWO.shots, scores, strict=True))
    assert lifted({4: 24.0, 7: 24.0}, means, TWO) == {4: 24.0, 7: crf}


def test_shots_are_lifted_to_where_the_floor_will_be() -> None:
    """Two of three lack 1 of the floor of 87. Lifted to it they lift the mean by 2/3, and the floor,
    and so on: it ends where f = 87 + 2/3 (f + .5 - 86), at 90. One step, to 88, is too little."""
    three = ShotCurves(
        (0, 1, 2), np.full(3, 1 / 3), TWO.crf, TWO.kbps[[0, 0, 0]],
        np.array([[96.0, 94.0, 92.0, 88.0, 86.0]] * 3),
    )  # fmt: skip
    found = lifted({0: 24.0, 1: 24.0, 2: 24.0}, {0: 86.0, 1: 86.0, 2: 98.0}, three)
    assert found == {0: 22.0, 1: 22.0, 2: 24.0}


def test_the_best_that_a_shot_has_is_left_alone() -> None:
    best = {4: 24.0, 7: 20.0}
    assert lifted(best, {4: 93.0, 7: 60.0}, TWO) == best


def test_a_crf_between_steps_is_left_for_a_better_one() -> None:
    """A retry of a top rung moves all its shots by what need not be a step."""
    assert lifted({4: 24.0, 7: 23.5}, {4: 93.1, 7: 86.9}, TWO) == {4: 24.0, 7: 22.0}


@given(
    st.lists(LAWS, min_size=2, max_size=5),
    st.floats(70, 90),
    st.lists(st.floats(-4, 4), min_size=5, max_size=5),
)
@settings(max_examples=60)
def test_a_few_tries_put_every_shot_on_its_floor(
    laws: list[Law], target: float, wrong: list[float]
) -> None:
    """Encodes that miss their predictions by up to four points, the same at every CRF."""
    curves = shot_curves(probed(laws), SIZES[0], FPS, X264, 0.25)
    crfs = allocate(curves, target).crfs

    def encoded(crfs: dict[int, float]) -> tuple[dict[int, float], float]:
        means = {
            shot: float(np.interp(crfs[shot], curves.crf, curves.vmaf[place])) + wrong[place]
            for place, shot in enumerate(curves.shots)
        }
        return means, float(curves.share @ list(means.values()))

    means, mean = encoded(crfs)
    for _ in range(FLOOR_TRIES):
        better = lifted(crfs, means, curves)
        assert all(better[shot] <= crfs[shot] for shot in crfs)
        assert fallen(means, mean) or better == crfs
        crfs = better
        means, mean = encoded(crfs)
    left = fallen(means, mean)
    assert all(crfs[shot] == curves.crf[0] for shot in left)
