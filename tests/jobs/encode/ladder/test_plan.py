"""A smaller budget gives fewer probes, in the order of what they are worth, and says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.ladder.plan import Plan, estimated_cost, plan_probes
from tests.jobs.encode.ladder.laws import CRFS, SIZES


def plan(budget: float) -> Plan:
    """Every probe costs one."""
    return plan_probes(SIZES, CRFS, lambda _size, _crf: 1.0, budget)


@pytest.mark.parametrize(
    ("budget", "sizes", "crfs"),
    [
        (15, SIZES, CRFS),
        (14.9, (SIZES[0], SIZES[2], SIZES[4]), CRFS),
        (8, (SIZES[0], SIZES[4]), CRFS),
        (5, (SIZES[0], SIZES[4]), (22, 38)),
        (3, (SIZES[0], SIZES[4]), (30,)),
        (1, (SIZES[0],), (30,)),
        (0.5, (), ()),
    ],
)
def test_what_goes_first(budget: float, sizes: tuple[object, ...], crfs: tuple[float, ...]) -> None:
    """5 x 3 = 15, 3 x 3 = 9, 2 x 3 = 6, 2 x 2 = 4, 2, 1 and nothing."""
    found = plan(budget)
    assert (found.sizes, found.crfs) == (sizes, crfs)
    assert found.cpu_seconds == len(sizes) * len(crfs)


def test_what_a_size_costs_beside_counts_once_whatever_its_crfs() -> None:
    """5 x 3 + 5 x 4 = 35, 9 + 3 x 4 = 21, 6 + 8 = 14, 4 + 8 = 12."""
    for budget, cpu_seconds in ((35, 35), (34, 21), (20, 14), (13, 12), (4, 0)):
        found = plan_probes(SIZES, CRFS, lambda _size, _crf: 1.0, budget, reading=4.0)
        assert found.cpu_seconds == cpu_seconds
    assert "would take 35 of 4 CPU-s" in found.said


def test_a_sentence_says_what_was_left_out() -> None:
    assert plan(15).said == (
        "Probed at 1280x720, 960x540, 768x432, 640x360, 426x240 with CRF 22, 30, 38."
    )
    assert plan(9).said == (
        "Probed at 1280x720, 768x432, 426x240 with CRF 22, 30, 38, "
        "since all 5 x 3 would take 15 of 9 CPU-s."
    )
    assert plan(0).said.startswith("Nothing was probed, since all 5 x 3 would take 15 of 0")


@given(
    st.floats(0, 1000), st.integers(1, 5), st.integers(1, 4), st.integers(1, 500), st.floats(0.5, 5)
)
def test_no_plan_is_over_its_budget(
    budget: float, sizes: int, crfs: int, frames: int, encoder: float
) -> None:
    cost = estimated_cost(SIZES[0], frames, encoder)
    asked = [20.0 + 6 * place for place in range(crfs)]
    found = plan_probes(SIZES[:sizes], asked, cost, budget)
    assert found.cpu_seconds <= budget
    spent = sum(cost(size, crf) for size in found.sizes for crf in found.crfs)
    assert spent == pytest.approx(found.cpu_seconds)
    if cost(SIZES[0], asked[0]) <= budget:
        assert SIZES[0] in found.sizes


def test_the_estimate_is_of_the_order_that_was_measured() -> None:
    """Four seconds of 720p at five sizes and CRF 22, 30 and 38 took 46 CPU-s, 18 of them VMAF's."""
    cost = estimated_cost(SIZES[0], 96)
    assert sum(cost(size, crf) for size in SIZES for crf in CRFS) == pytest.approx(46, rel=0.1)
    beside = estimated_cost(SIZES[0], 96, unscored=48)
    encoded = cost(SIZES[0], 22) - estimated_cost(SIZES[0], 96, encoder=0)(SIZES[0], 22)
    assert beside(SIZES[0], 22) - cost(SIZES[0], 22) == pytest.approx(encoded / 2)
    vmaf_alone = estimated_cost(SIZES[0], 96, encoder=0)
    assert 15 * vmaf_alone(SIZES[0], 22) == pytest.approx(18, rel=0.1)
