"""A line holds what is drawn on it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jobs.report.scales import scale

VALUES = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda value: abs(value) > 1e-6)


@given(st.lists(VALUES, min_size=1))
def test_every_value_and_zero_lie_on_the_line(values: list[float]) -> None:
    line = scale(values)
    rounding = (line.high - line.low) * 1e-6  # less than a pixel of any screen
    assert line.low <= min(0, *values) + rounding
    assert max(0, *values) <= line.high + rounding
    assert (line.at(line.low), line.at(line.high)) == (0, 100)
    assert 2 <= len(line.ticks) <= 7


def test_ticks_are_round() -> None:
    """0.278 in four steps of at least 0.07: the next round step is 0.1."""
    assert scale([0.278]).ticks == (0.0, 0.1, 0.2, 0.3)
    assert scale([-0.03, 0.11]).ticks == (-0.05, 0.0, 0.05, 0.1, 0.15)


def test_nothing_at_all_still_has_a_line() -> None:
    assert scale([]).at(0) == 0
