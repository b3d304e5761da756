"""BD-rate is that of a published implementation, and its sign is that of common sense."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.ladder.bd_rate import bd_rate
from jobs.encode.ladder.errors import NotComparable
from tests.jobs.encode.ladder.measured import FIXED, PER_TITLE

Ladder = list[tuple[float, float]]

# The example in the manual of bjontegaard 1.3.0 (PyPI; Herglotz et al.), PSNR of libx265.
ANCHOR = [(9487.76, 40.037), (4593.60, 38.615), (2486.44, 36.845), (1358.24, 34.851)]
TEST = [(9787.80, 40.121), (4469.00, 38.651), (2451.52, 36.970), (1356.24, 34.987)]


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    """Four to seven rungs that rise in rate and VMAF, all of them about VMAF 50."""
    rungs = draw(st.integers(4, 7))
    steps = st.floats(0.1, 1)
    kbps = 100 * np.exp(np.cumsum([draw(steps) for _ in range(rungs)]))
    vmaf = np.cumsum([draw(steps) for _ in range(rungs)])
    return list(zip(kbps.tolist(), (49 + vmaf).tolist(), strict=True))


@pytest.mark.parametrize(
    ("method", "published"), [("pchip", -4.417485350589045), ("cubic", -4.420462706125383)]
)
def test_the_published_example(method: str, published: float) -> None:
    """What bjontegaard.bd_rate(...) of that version returned for its own example."""
    assert bd_rate(ANCHOR, TEST, method) == pytest.approx(published, rel=1e-9)


@pytest.mark.parametrize(
    ("scene", "published"),
    [
        ("open", -19.920415397247115),
        ("still", -28.242571302426345),
        ("talk", -22.572181833690674),
        ("action", -0.2931678444789254),
        ("credits", -62.91415061155291),
        ("bikes", 9.867664266232623),
    ],
)
def test_measured_ladders_against_the_fixed_one(scene: str, published: float) -> None:
    """bjontegaard 1.3.0 on the same figures, ladders of different lengths. Credits need far less
    than the fixed ladder, whose text is too small; the fixed ladder is right for bikes."""
    assert bd_rate(FIXED[scene], PER_TITLE[scene]) == pytest.approx(published, rel=1e-9)


def test_only_scores_from_the_lowest_on_are_compared() -> None:
    """Two ladders alike but for their lowest rung, which bends no curve from 70 on."""
    anchor = [(100.0, 40.0), (200.0, 60.0), (260.0, 70.0), (400.0, 80.0), (700.0, 90.0)]
    dearer = [(150.0, 40.0), *anchor[1:]]
    assert bd_rate(anchor, dearer) > 3
    assert bd_rate(anchor, dearer, lowest=70) == pytest.approx(0, abs=1e-9)
    with pytest.raises(NotComparable):
        bd_rate(anchor, dearer, lowest=90)


@given(ladders(), st.floats(0.2, 5), st.sampled_from(["pchip", "cubic"]))
def test_the_same_for_less_is_less_by_just_that(ladder: Ladder, times: float, method: str) -> None:
    """Every rate times x is 100 (x - 1) percent, by either method."""
    test = [(kbps * times, vmaf) for kbps, vmaf in ladder]
    assert bd_rate(ladder, test, method) == pytest.approx(100 * (times - 1), abs=1e-6)


@given(ladders(), ladders())
def test_there_and_back_is_nothing(one: Ladder, other: Ladder) -> None:
    """Twice as dear one way is half as dear the other."""
    try:
        there = bd_rate(one, other)
    except NotComparable:
        with pytest.raises(NotComparable):
            bd_rate(other, one)
        return
    assert (1 + there / 100) * (1 + bd_rate(other, one) / 100) == pytest.approx(1)


def test_a_rung_that_is_worth_nothing_does_not_count() -> None:
    wasteful = [*TEST, (20_000, 40.0)]
    assert bd_rate(ANCHOR, wasteful) == bd_rate(ANCHOR, TEST)


@pytest.mark.parametrize(
    ("test", "method", "said"),
    [
        ([(100, 20), (200, 30)], "pchip", "34.9 to 40.0 and 20.0 to 30.0"),
        ([(100, 36)], "pchip", "needs 2 points and one of them has 1"),
        (TEST[:3], "cubic", "needs 4 points and one of them has 3"),
        ([], "pchip", "has 0"),
    ],
)
def test_what_cannot_be_compared_is_refused(test: Ladder, method: str, said: str) -> None:
    """A number from no overlap, or a cubic through three points, would be an invention."""
    with pytest.raises(NotComparable, match=said):
        bd_rate(ANCHOR, test, method)
