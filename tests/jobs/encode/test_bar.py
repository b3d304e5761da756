"""The line of a title fits a terminal and ends with what came of it; a file gets a few lines of text."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from jobs.encode.bar import QUIET_SECONDS, bar
from jobs.encode.estimate import Step
from tests.jobs.encode.test_pace import Clock


def step(cpu_seconds: float) -> Step:
    return Step(cpu_seconds, lambda _: None)


def made(console: Console, steps: int, title_id: str = "film") -> None:
    """A title whose steps take a second each on a clock of its own."""
    clock = Clock()
    with bar(console, title_id, clock) as told:
        told.begins("looks at the master")
        told.begins("packages and publishes", *(step(1) for _ in range(steps)), alone=80_000)
        for _ in range(steps):
            clock.seconds += 1
            told.finished(1)


def test_a_file_gets_a_line_now_and_then_without_control_characters() -> None:
    told = StringIO()
    made(Console(file=told), int(QUIET_SECONDS * 2.5))
    first, *within, last = told.getvalue().splitlines()
    assert first == "film: looks at the master, 0%, 0:00:00"
    assert last == "film: made, 100%, took 0:01:15"
    assert len(within) == 3  # as it began, and twice on its way
    assert told.getvalue().isprintable() is False  # line ends
    assert told.getvalue().replace("\n", "").isprintable()


@pytest.mark.parametrize("title_id", ["film", "a-film-" * 14])
def test_a_terminal_gets_one_line_that_fits(title_id: str) -> None:
    told = StringIO()
    made(Console(file=told, force_terminal=True, width=80, color_system=None), 3, title_id)
    *_, last = told.getvalue().split("\x1b[2K")
    assert last.startswith(title_id[:14])
    assert ": made" in last
    assert "100 %" in last
    assert last.split("\n")[0].rstrip().endswith("took 0:00:03")
    assert told.getvalue().count("\n") == 1  # it was never wrapped


def test_a_title_that_stops_says_where_and_after_how_long() -> None:
    told = StringIO()

    def stops() -> None:
        with bar(Console(file=told), "film", Clock()) as shown:
            shown.begins("probes", step(3))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stops()
    assert told.getvalue().splitlines()[-1] == "film: stopped: probes, 0%, after 0:00:00"
