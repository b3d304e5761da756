"""The time left is what the work took so far times what is left of it, and never a dash for long."""

from __future__ import annotations

import pytest
from rich.progress import Progress

from jobs.encode.pace import Left, Pace


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
        pace.begun = cost
        clock.seconds += wall
        pace.finished(cost)
    pace.begun = cost
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


def test_the_bar_shows_hours_and_a_dash_where_nothing_is_known() -> None:
    progress, pace = Progress(), Pace(1, Clock())
    progress.add_task("", pace=pace)
    (task,) = progress.tasks
    assert Left().render(task).plain == "left -:--:--"
    pace.expect(7384)
    assert Left().render(task).plain == "left 2:03:04"
