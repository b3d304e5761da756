"""Place values along a line of percents, so that plots are plain HTML that a phone can reflow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobs.report.facts import Bounds

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """A line from low to high."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Where a value lies, in percent of the line, its ends included."""
        place = (value - self.low) / (self.high - self.low)
        return round(100 * min(max(place, 0.0), 1.0), 2)

    def wide(self, low: float, high: float) -> float:
        """How wide a stretch is, in percent of the line."""
        return round(self.at(high) - self.at(low), 2)


def scale(values: Iterable[float], most_ticks: int = 4) -> Scale:
    """A line with round ticks that holds all values and 0."""
    given = [0.0, *values]
    low, high = min(given), max(given)
    if low == high:
        high = low + 1.0
    step = round_step((high - low) / most_ticks)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(n * step, 10) for n in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks)


def round_step(least: float) -> float:
    """The next step of 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in STEPS if step * power >= least * (1 - 1e-9))


def over(found: Iterable[Bounds]) -> Scale:
    """A line that holds these intervals."""
    listed = list(found)
    return scale([one.low for one in listed] + [one.high for one in listed])
