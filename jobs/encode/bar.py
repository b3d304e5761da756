"""Show how far a title is and how long it will take: a line that changes, or lines where nobody looks."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
from rich.text import Text

from jobs.encode.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Console
    from rich.progress import Task

    from jobs.encode.estimate import Step

BAR = 16
TIMES = 23
"""Characters of the longest times: 10:01:24, 10:01:42 left."""
BESIDE = BAR + TIMES + len("100 %") + 3
"""All but what a line says of a title, with the gaps between."""
LEAST_NAME = 8
QUIET_SECONDS = 30.0
"""A file gets a line for each stage, and within one no more often than this."""


@contextmanager
def bar(
    console: Console, title_id: str, clock: Callable[[], float] = time.monotonic
) -> Iterator[Bar]:
    """The bar of one title; its last line says how long it took, or after how long it stopped."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(BAR), TextColumn("{task.percentage:>3.0f} %"),
        Times(), console=console, disable=not console.is_terminal,
    ) as progress:  # fmt: skip
        told = Bar(progress, title_id, clock)
        try:
            yield told
        except BaseException:
            told.ends(f"stopped: {told.what}", "after")
            raise
        told.ends("made", "took")


class Bar:
    """The line of a title, at the pace of its steps."""

    def __init__(self, progress: Progress, title_id: str, clock: Callable[[], float]) -> None:
        self.title_id, self.what = title_id, ""
        self.cores = len(os.sched_getaffinity(0))
        self.pace = Pace(self.cores, clock)
        self._progress, self._clock, self._told = progress, clock, clock()
        self._task = progress.add_task("", total=None, pace=self.pace)

    def begins(self, what: str, *steps: Step, alone: float = 0.0, unplanned: float = 0.0) -> None:
        """Name what begins and say what is left: steps for all cores, and CPU-seconds that only one of
        them can work off; what comes first of these runs."""
        self.what = what
        self.pace.expect(sum(step.cpu_seconds for step in steps) + unplanned + alone * self.cores)
        if steps:
            self.runs(steps)
        else:
            self.pace.runs(alone * self.cores, 1)
        self._show()
        self._tell()

    def runs(self, unfinished: Sequence[Step]) -> None:
        """The first of these run now, one on each core."""
        begun = unfinished[: self.cores]
        self.pace.runs(sum(step.cpu_seconds for step in begun), len(begun))

    def finished(self, cpu_seconds: float) -> None:
        """What was expected to cost this ended."""
        self.pace.finished(cpu_seconds)
        self._show()
        if self._clock() - self._told >= QUIET_SECONDS:
            self._tell()

    def ends(self, what: str, how: str) -> None:
        """Nothing more comes: it took so long, or stopped after so long."""
        self.what = what
        self.pace.ended = how
        if how == "took":
            self.pace.expect(0.0)
        self._show()
        self._tell()

    def _show(self) -> None:
        share = self.pace.share if self.pace.whole else None
        self._progress.update(
            self._task, description=f"{self._name}: {self.what}",
            total=None if share is None else 1.0, completed=share,
        )  # fmt: skip

    @property
    def _name(self) -> str:
        """As much of the title's id as leaves room on the line."""
        room = self._progress.console.width - BESIDE - len(f": {self.what}")
        room = max(room, LEAST_NAME)
        return self.title_id if len(self.title_id) <= room else f"{self.title_id[: room - 1]}…"

    def _tell(self) -> None:
        if self._progress.disable:
            self._told = self._clock()
            said = f"{self.title_id}: {self.what}, {self.pace.share:.0%}, {self.pace.said}"
            self._progress.console.print(said, highlight=False, markup=False, soft_wrap=True)


class Times(ProgressColumn):
    """How long it took so far and how long it will still take."""

    def render(self, task: Task) -> Text:
        """As the pace says it."""
        pace: Pace = task.fields["pace"]
        return Text(pace.said, "progress.remaining")
