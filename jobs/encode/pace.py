"""Say how long a title will still take, by what its steps were expected to cost and what they took.

What was made before counts neither as done nor as left, so that a resumed run does not look fast;
steps on one core count as if they held all of them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

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
    running: int = 0
    """How many they are."""
    done: float = 0.0
    took: float = 0.0
    """Wall seconds in which that was done."""
    ended: str = ""
    """How: "took", or "after" where it stopped; empty while it goes on."""
    _began: float = field(default=0.0, init=False)
    _since: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._began = self._since = self.clock()

    def expect(self, cpu_seconds: float) -> None:
        """Say anew how much is left; what passed before anything was expected is no work of it."""
        if not self.whole:
            self._since = self.clock()
        self.left, self.begun, self.running = cpu_seconds, 0.0, 0

    def runs(self, cpu_seconds: float, steps: int) -> None:
        """So many steps of this expected cost run now."""
        self.begun, self.running = cpu_seconds, steps

    def finished(self, cpu_seconds: float) -> None:
        """A step of this expected cost ended."""
        moment = self.clock()
        self.took += moment - self._since
        self._since = moment
        self.done += cpu_seconds
        self.left = max(0.0, self.left - cpu_seconds)

    @property
    def whole(self) -> float:
        """All of the work, done and left; 0 where nothing is known of it yet."""
        return self.done + self.left

    @property
    def share(self) -> float:
        """Of the work, how much is done."""
        if self.ended == "took":
            return 1.0  # also where all of it was there before
        return self.done / self.whole if self.whole else 0.0

    @property
    def seconds_left(self) -> float:
        """Wall seconds: by the expectation alone as long as nothing ended, and when the next end is
        overdue what was not begun, at the pace that this shows."""
        waited, spent = self.clock() - self._since, self.took + TRUSTED / self.cores
        # when one step ends the next begins, and those beside it are half done
        beside = self.begun / 2 * (self.running - 1) / self.running if self.running else 0.0
        by_last_end = (self.left - beside) * spent / (self.done + beside + TRUSTED) - waited
        work = self.done + self.begun / 2 + TRUSTED
        by_now = (self.left - self.begun) * (spent + waited) / work
        return max(0.0, by_last_end, by_now)

    @property
    def said(self) -> str:
        """The time that passed, and what is left of it where that is known."""
        passed = str(timedelta(seconds=round(self.clock() - self._began)))
        if self.ended:
            return f"{self.ended} {passed}"
        if not self.left:  # nothing is known of it yet, or what comes next is not begun
            return passed
        left = round(self.seconds_left)
        return f"{passed}, " + (f"{timedelta(seconds=left)} left" if left else "overdue")
