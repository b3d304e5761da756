"""Sessions take the best rung that they can afford, and come to what was measured."""

from __future__ import annotations

from math import erf, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.ladder.abr import Sessions, over_titles, simulate
from tests.jobs.encode.ladder.measured import FIXED, PER_TITLE, Ladder


def share_below(kbps: float, median_kbps: float) -> float:
    """Of sessions whose throughput is less: the lognormal distribution itself."""
    return (1 + erf(log(kbps / median_kbps) / 0.8 / sqrt(2))) / 2


def test_two_rungs_split_sessions_where_the_dearer_is_affordable() -> None:
    """800 kb/s needs a throughput of 1,000; those below it take the other, however little they have."""
    low = share_below(1000, 1500)
    found = simulate([(800, 90), (200, 60)], 1500, count=400_000)
    assert found.egress_kbps == pytest.approx(200 * low + 800 * (1 - low), rel=0.005)
    assert found.mean_vmaf == pytest.approx(60 * low + 90 * (1 - low), rel=0.002)
    assert found.p10_vmaf == 60  # three in ten


def test_one_rung_is_all_there_is() -> None:
    assert simulate([(900, 93)], 100) == Sessions(900, 93, 93)


@given(st.floats(300, 10_000), st.integers(0, 5))
def test_the_same_seed_gives_the_same_sessions(median_kbps: float, seed: int) -> None:
    """A ladder of the same quality for less never sends more."""
    ladder = FIXED["action"]
    once = simulate(ladder, median_kbps, seed, count=500)
    assert once == simulate(ladder[::-1], median_kbps, seed, count=500)
    assert simulate(ladder, 2 * median_kbps, seed, count=500).mean_vmaf >= once.mean_vmaf


@pytest.mark.parametrize(
    ("median_kbps", "egress", "mean", "p10"),
    [(1200, -0.31, 5.5, 18), (3000, -0.54, 2.1, 2.3), (8000, -0.68, -1.0, 2.1)],
)
def test_the_measured_ladders_come_to_the_measured_saving(
    median_kbps: float, egress: float, mean: float, p10: float
) -> None:
    """The figures of the design, from its tables, where VMAF is rounded to whole points."""

    def all_titles(ladders: dict[str, Ladder]) -> Sessions:
        return over_titles([simulate(one, median_kbps) for one in ladders.values()])

    fixed, ours = all_titles(FIXED), all_titles(PER_TITLE)
    assert ours.egress_kbps / fixed.egress_kbps - 1 == pytest.approx(egress, abs=0.02)
    assert ours.mean_vmaf - fixed.mean_vmaf == pytest.approx(mean, abs=0.3)
    assert ours.p10_vmaf - fixed.p10_vmaf == pytest.approx(p10, abs=1)
