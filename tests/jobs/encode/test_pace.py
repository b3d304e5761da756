"""The time left is what the work took so far times what is left of it, and never a dash for long."""

from __future__ import annotations

import pytest

from jobs.encode.pace import Pace


class Clock:
    """Seconds that pass when we say so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def steady(steps: int, cost: float, wall: float, ended: int) -> tuple[Pace, Clock]:
    """One core, equal steps that take twice what was expected, so many of them ended."""
    clock = Clock()
    pace = Pace(1, clock)
    pace.expect(steps * cost)
    for _ in range(ended):
        pace.runs(cost, 1)
        clock.seconds += wall
        pace.finished(cost)
    pace.runs(cost, 1)
    return pace, clock


def test_before_anything_ended_the_expectation_is_told() -> None:
    pace = Pace(2, Clock())
    pace.expect(60)
    assert pace.seconds_left == pytest.approx(30)
    assert pace.share == 0


@pytest.mark.parametrize("ended", [1, 3, 9])
def test_steps_further_apart_than_half_a_minute_are_told_from_the_first_on(ended: int) -> None:
    # rich counts the last 30 seconds alone: between such steps its estimate was a dash
    pace, _ = steady(10, 40, 80, ended)
    assert pace.seconds_left == pytest.approx((10 - ended) * 80, rel=0.15)
    assert pace.share == pytest.approx(ended / 10)


def test_it_counts_down_between_two_ends() -> None:
    pace, clock = steady(10, 40, 80, 5)
    before = pace.seconds_left
    clock.seconds += 30
    assert pace.seconds_left == pytest.approx(before - 30)


def test_where_the_next_end_is_overdue_what_was_not_begun_is_still_to_come() -> None:
    pace, clock = steady(10, 40, 80, 5)
    clock.seconds += 1000
    assert pace.seconds_left > 4 * 80


def test_what_was_made_before_makes_no_run_look_fast() -> None:
    # of a title that was resumed only the rest is expected, so that the rate is that of work
    resumed, _ = steady(4, 40, 80, 2)
    assert resumed.seconds_left == pytest.approx(160, rel=0.15)


def test_all_is_done_when_the_last_step_ended_and_not_before() -> None:
    pace, clock = steady(10, 40, 80, 9)
    assert pace.share < 1
    clock.seconds += 80
    pace.finished(40)
    assert pace.share == 1


def test_the_last_step_is_not_waited_for_twice() -> None:
    """Nothing comes after packaging: the time left had risen as long as that ran, from 1:42 to 1:55."""
    pace, clock = steady(4, 10, 20, 3)
    before = pace.seconds_left
    clock.seconds += 8
    assert pace.seconds_left == pytest.approx(before - 8)
    clock.seconds += 100
    assert pace.said.endswith(", overdue")


def test_nothing_stands_beside_a_step_that_runs_alone() -> None:
    alone, all_cores = Pace(2, Clock()), Pace(2, Clock())
    for pace, steps in ((alone, 1), (all_cores, 2)):
        pace.expect(60)
        pace.runs(60, steps)
    assert alone.seconds_left == pytest.approx(30)
    assert all_cores.seconds_left < 30  # what ends first ends sooner, when the other is half done


def test_what_passed_before_anything_was_known_is_no_work() -> None:
    clock = Clock()
    pace = Pace(1, clock)
    clock.seconds += 1000  # looked at the master
    pace.expect(10)
    assert pace.seconds_left == pytest.approx(10)


def test_the_time_is_said_from_the_first_moment_to_the_last() -> None:
    clock = Clock()
    pace = Pace(1, clock)
    clock.seconds += 3
    assert pace.said == "0:00:03"  # no dash where nothing is known yet
    pace.expect(7384)
    assert pace.said == "0:00:03, 2:03:04 left"
    clock.seconds += 60
    pace.ended = "after"
    assert pace.said == "after 0:01:03"
    pace.ended = "took"
    assert (pace.said, pace.share) == ("took 0:01:03", 1)
