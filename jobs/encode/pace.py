"""Say how long a title will still take, by what its steps were expected to cost and what they took.

What was made before counts neither as done nor as left, so that a resumed run does not look fast;
steps on one core count as if they held all of them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.progress import ProgressColumn
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Task

TRUSTED = 4.0
"""CPU-seconds of work after which what was measured counts as much as what was expected."""


@dataclass
class Pace:
    """The work of one title, in expected CPU-seconds, and how fast it goes."""

    cores: int
    clock: Callable[[], float] = time.monotonic
    left: float = 0.0
    """What is not finished."""
    begun: float = 0.0
    """Of that, what steps that run are to cost."""
    done: float = 0.0
    took: float = 0.0
    """Wall seconds in which that was done."""
    _since: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._since = self.clock()

    def expect(self, cpu_seconds: float) -> None:
        """Say anew how much is left."""
        self.left, self.begun = cpu_seconds, 0.0

    def finished(self, cpu_seconds: float) -> None:
        """A step of this expected cost ended."""
        moment = self.clock()
        self.took += moment - self._since
        self._since = moment
        self.done += cpu_seconds
        self.left = max(0.0, self.left - cpu_seconds)

    @property
    def share(self) -> float:
        """Of the work, how much is done."""
        whole = self.done + self.left
        return self.done / whole if whole else 0.0

    @property
    def seconds_left(self) -> float:
        """Wall seconds: by the expectation alone as long as nothing ended, and when the next end is
        overdue what was not begun, at the pace that this shows."""
        waited, spent = self.clock() - self._since, self.took + TRUSTED / self.cores
        # when one step ends the next begins, and those on the other cores are half done
        beside = self.begun / 2 * (self.cores - 1) / self.cores
        by_last_end = (self.left - beside) * spent / (self.done + beside + TRUSTED) - waited
        work = self.done + self.begun / 2 + TRUSTED
        by_now = (self.left - self.begun) * (spent + waited) / work
        return max(0.0, by_last_end, by_now)


class Left(ProgressColumn):
    """How long it will still take; a dash where nothing is known yet."""

    def render(self, task: Task) -> Text:
        """The time left, or that it takes longer than was thought."""
        pace: Pace | None = task.fields.get("pace")
        if pace is None or not pace.left:
            return Text("left -:--:--", "progress.remaining")
        seconds = round(pace.seconds_left)
        said = f"left {timedelta(seconds=seconds)}" if seconds else "a moment left"
        return Text(said, "progress.remaining")
