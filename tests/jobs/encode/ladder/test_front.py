"""The front keeps each point that nothing cheaper equals, and no other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.ladder.curves import fit
from jobs.encode.ladder.front import Point, front, points
from tests.jobs.encode.ladder.laws import FPS, SIZES, X264, Law, probed

FIGURES = st.integers(0, 20).map(float)  # few, so that many are equal
POINTS = st.lists(
    st.builds(Point, st.just("h264"), st.just((640, 360)), st.just(30.0), FIGURES, FIGURES)
)


@given(POINTS)
def test_no_point_of_the_front_is_matched_and_every_other_is(candidates: list[Point]) -> None:
    """Against the definition, point by point."""
    kept = front(candidates)
    for point in candidates:
        matched = any(
            one.kbps <= point.kbps
            and one.vmaf >= point.vmaf
            and (one.kbps, one.vmaf) != (point.kbps, point.vmaf)
            for one in candidates
        )
        assert (not matched) == ((point.kbps, point.vmaf) in [(p.kbps, p.vmaf) for p in kept])
    assert [p.kbps for p in kept] == sorted({p.kbps for p in kept})
    assert [p.vmaf for p in kept] == sorted({p.vmaf for p in kept})


def test_it_is_not_the_concave_hull() -> None:
    """In log rate the line from 16 to 247 kb/s passes over 60 kb/s, which a ladder needs."""
    measured = [(16, 10), (60, 25), (120, 50), (247, 75), (900, 95)]
    candidates = [Point("h264", (640, 360), 30, *one) for one in measured]
    assert front(candidates) == candidates


def test_each_size_has_its_stretch() -> None:
    """Small pictures win where bits are few, large ones where they are many."""
    best = front(points(fit(probed([Law()]), SIZES, FPS, X264)))
    assert best[0].size == SIZES[-1]
    assert best[-1].size == SIZES[0]
    assert len({point.size for point in best}) > 2


def test_points_lie_at_multiples_of_the_step() -> None:
    curves = fit(probed([Law()]), SIZES, FPS, X264)
    assert {point.crf for point in points(curves)} == set(range(18, 41))
    assert len(points(curves, 0.25)) == 5 * (22 * 4 + 1)
