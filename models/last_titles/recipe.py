"""Say how the tower is trained; the sizes of the data choose the loss and the length."""

from __future__ import annotations

from dataclasses import dataclass

FULL_SOFTMAX_TITLES = 5_000
"""Up to here every title stands in every softmax: 31 CPU-seconds a million windows at 4,000 titles,
90 at 10,000; with 512 drawn titles it is 19 to 27 at any size, and MovieLens cannot tell them."""
MOVED_ROWS = 5_000
"""Up to here Adam moves every vector at every step; beyond, vectors rest while unused, which takes
a third of the work away at 10,000 titles."""
SMALL_STEPS = 200_000
"""Up to this many windows small steps learn best; beyond, larger ones take enough steps."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training besides its data; docs/adr/0051 has the measurements."""

    dimension: int = 64
    """The length of a vector."""
    epochs: int = 3
    """Passes over the windows."""
    batch_windows: int = 128
    """Windows in a step."""
    learning_rate: float = 0.003
    """Adam's, falling linearly to nothing over the second half."""
    negatives: int = 0
    """Titles drawn evenly for each step of the sampled loss; none: softmax over the catalogue."""
    resting_rows: bool = False
    """Whether Adam leaves vectors alone that a step has not used."""
    most_windows: int = 1_000_000
    """How many windows, drawn anew each time, an epoch shows: the work does not grow further."""
    seed: int = 0
    """Every random choice derives from it and the step."""

    @classmethod
    def for_size(cls, titles: int, watches: int, seed: int) -> Recipe:
        """The recipe for a catalogue and a log of this size."""
        return cls(
            negatives=0 if titles <= FULL_SOFTMAX_TITLES else 512,
            resting_rows=titles > MOVED_ROWS,
            batch_windows=128 if watches <= SMALL_STEPS else 512,
            seed=seed,
        )
