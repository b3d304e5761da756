"""Frames get places on a constant grid: each its own where the film is steady."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.timing import COMMON, timing, too_fast

FILM = Fraction(24000, 1001)


@given(st.sampled_from(COMMON), st.integers(2, 3000), st.floats(0, 100))
def test_times_rounded_to_milliseconds_are_the_steady_rate_they_were_made_from(
    rate: Fraction, frames: int, start: float
) -> None:
    # Matroska rounds so, and begins where it likes
    moments = start + np.round(np.arange(frames) / float(rate), 3)
    grid = timing(moments, [rate])
    assert (grid.fps, grid.frames, grid.repeated, grid.dropped) == (rate, frames, 0, 0)


def test_a_wrong_declaration_does_not_win_over_the_frames() -> None:
    # a file that declares 90000 ticks as its rate, and one that says 25 for film
    moments = np.arange(240) / float(FILM)
    assert timing(moments, [Fraction(90000), Fraction(25)]).fps == FILM


@pytest.mark.parametrize("said", ["19001/317", "2997/50", "60000/1001"])
def test_a_mean_of_rounded_times_means_the_common_rate(said: str) -> None:
    moments = np.round(np.arange(600) * 1001 / 60000, 3)
    assert timing(moments, [Fraction(said)]).fps == Fraction(60000, 1001)


def test_a_rate_of_its_own_stays_where_a_common_one_would_drift() -> None:
    # a telephone's clock: 29.99 is not 30 after ten minutes
    own = Fraction(29990, 1000)
    assert timing(np.arange(18_000) / float(own), [own]).fps == own
    assert timing(np.arange(100) / float(own), [own]).fps == 30


def test_a_picture_that_changes_every_other_second_keeps_its_rate() -> None:
    assert timing(np.arange(5) * 2.0, [Fraction(1, 2)]).fps == Fraction(1, 2)


def test_a_missing_frame_is_repeated_at_its_place() -> None:
    moments = np.delete(np.arange(50) / 25, [20, 21])
    grid = timing(moments, [Fraction(24)])  # 48 frames in 2 s, as the header would reckon
    assert (grid.fps, grid.frames, grid.repeated, grid.dropped) == (25, 50, 2, 0)
    assert grid.places[20] == 22
    assert grid.reasonable


def test_a_doubled_frame_is_dropped() -> None:
    moments = np.sort(np.concatenate([np.arange(50) / 25, [1.01]]))
    grid = timing(moments, [Fraction(51, 2)])
    assert (grid.frames, grid.repeated, grid.dropped) == (50, 0, 1)


def test_slides_are_no_film() -> None:
    steps = [0.04] * 20 + [0.5] * 20  # 2 fps after a second of 25
    assert not timing(np.cumsum(steps), [Fraction(40, 11)]).reasonable


def test_one_frame_has_the_declared_rate() -> None:
    grid = timing(np.array([3.0]), [Fraction(30)])
    assert (grid.fps, grid.frames) == (30, 1)


@pytest.mark.parametrize("step", [0.0, 1e-9, 1e9])
def test_absurd_steps_end_in_a_grid_and_not_in_an_error(step: float) -> None:
    assert timing(np.arange(5) * step, [Fraction(25)]).frames >= 1
    assert too_fast(np.arange(5) * step) == pytest.approx(1 / step if step == 1e-9 else 0)


@pytest.mark.parametrize("rate", [144, 240, 1000])
def test_a_steady_film_that_is_too_fast_does_not_vary(rate: int) -> None:
    # a camera's slow motion at its own rate; Matroska rounds, and a frame in a hundred is lost
    moments = np.round(np.delete(np.arange(1000) / rate, range(50, 1000, 100)), 3)
    assert too_fast(moments) == pytest.approx(rate, rel=0.02)
    assert not timing(moments, [Fraction(rate)]).reasonable


def test_a_film_of_bursts_is_not_too_fast_and_a_slower_one_neither() -> None:
    bursts = np.cumsum([0.001] * 900 + [0.04] * 100)
    assert len(bursts) / bursts[-1] > 120
    assert too_fast(bursts) == 0
    assert too_fast(np.arange(100) / 120) == 0
    assert too_fast(np.array([3.0])) == 0
