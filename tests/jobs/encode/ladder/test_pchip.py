"""The curve is SciPy's, and goes on straight beyond its ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from jobs.encode.ladder.pchip import pchip

GAPS = st.lists(st.floats(0.1, 10), min_size=2, max_size=7)


@given(GAPS, st.data())
def test_it_is_scipys(gaps: list[float], data: st.DataObject) -> None:
    """Any points, tops, bottoms and flat stretches among them."""
    rises = st.one_of(st.just(0.0), st.floats(-5, 5).filter(lambda rise: abs(rise) > 1e-3))
    x = np.cumsum(gaps)
    y = np.cumsum(data.draw(st.lists(rises, min_size=len(x), max_size=len(x))))
    at = np.linspace(x[0], x[-1], 50)
    assert pchip(x, y)(at) == pytest.approx(PchipInterpolator(x, y)(at), abs=1e-9)


def test_two_points_make_a_line_that_goes_on() -> None:
    line = pchip(np.array([1.0, 3.0]), np.array([10.0, 14.0]))
    assert line(np.array([0.0, 2.0, 5.0])) == pytest.approx([8, 12, 18])


def test_beyond_the_ends_it_is_straight() -> None:
    """A cubic let go would turn down within a few CRFs: this one has its slope of the last point."""
    curve = pchip(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 4.0]))
    inside, end, far, further = curve(np.array([2 - 1e-6, 2.0, 3.0, 4.0]))
    assert further - far == pytest.approx(far - end)
    assert far - end == pytest.approx((end - inside) / 1e-6, rel=1e-4)
