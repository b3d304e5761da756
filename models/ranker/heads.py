"""Say what the ranker predicts, and what each prediction is worth, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Head:
    """One outcome that the ranker predicts."""

    name: str
    """The column of the training examples that holds the outcome."""
    worth: float
    """How much a likely outcome multiplies the utility: (1 + worth * probability)."""
    reason: str
    """Why it is worth that, in one line."""


WATCH = Head(
    "watched", 0.0,
    "Nothing is finished, liked or returned for before it is watched: it is the factor that others multiply.",
)  # fmt: skip
HEADS: tuple[Head, ...] = (
    WATCH,
    Head(
        "completed", 0.5,
        "A title watched to its end is the nearest that a night can see of long-term watch; a click is not.",
    ),
    Head(
        "liked", 0.1,
        "Liking brings people back, but few say so: it decides between titles as likely to be watched.",
    ),
)  # fmt: skip
"""In order; the first ranks, the others weigh."""
