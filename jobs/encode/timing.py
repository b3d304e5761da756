"""Lay a master's frames on a constant grid of time, or say why that cannot be done."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Moments = NDArray[np.float64]

COMMON = tuple(
    Fraction(rate) for rate in
    ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60", "12", "15", "10")
)  # fmt: skip
STEADY_SHARE = 0.4
"""Of a frame: a grid whose nearest point is never further away is met by each frame alone."""
UNSTEADY_SHARE = 0.2
"""Of a film's frames: where more must be repeated or dropped, its motion would no longer be it."""
NEAR_SHARE = Fraction(1, 2500)
"""Of a rate: a declared one as near to a common one means it, and 24 and 24000/1001 are further apart.
Files declare a mean of rounded times, such as 19001/317 for 60000/1001."""
FASTEST = 120
SLOWEST = Fraction(1, 5)
"""A segment has at least two frames here, and players want it within ten seconds."""


@dataclass(frozen=True)
class Timing:
    """A constant rate, and where on its grid each decoded frame lies."""

    fps: Fraction
    places: NDArray[np.int64]
    """[decoded frames], rising from 0; a place may be met twice or not at all."""

    @property
    def frames(self) -> int:
        """How many frames the film has at the constant rate."""
        return int(self.places[-1]) + 1

    @property
    def repeated(self) -> int:
        """Places that no frame meets, which show the frame before."""
        return self.frames - len(np.unique(self.places))

    @property
    def dropped(self) -> int:
        """Frames whose place is met by a later one."""
        return len(self.places) - len(np.unique(self.places))

    @property
    def reasonable(self) -> bool:
        """Whether the film can be shown at a constant rate without harm."""
        return self.repeated + self.dropped <= UNSTEADY_SHARE * self.frames


def timing(moments: Moments, declared: Sequence[Fraction]) -> Timing:
    """The grid on which each frame has a place of its own, else the one nearest to it.

    `moments` are the seconds at which frames are shown, `declared` the rates that the file says,
    best first. A file may round its times (Matroska to a millisecond), hence the share.
    """
    since = moments - moments[0]
    meant = (near for rate in declared for near in (*_near(rate), rate))
    rates = [rate for rate in (*meant, *COMMON) if 0 < rate <= FASTEST]
    if len(since) == 1:
        return Timing(rates[0], np.zeros(1, np.int64))
    step = float(np.median(np.diff(since)))
    for rate in rates:
        grid = since * float(rate)
        if np.abs(grid - np.arange(len(grid))).max() < STEADY_SHARE:
            return Timing(rate, np.arange(len(grid)))
    nearest = min(COMMON, key=lambda rate: abs(float(rate) * max(step, 1 / FASTEST) - 1))
    return Timing(nearest, np.round(since * float(nearest)).astype(np.int64))


def too_fast(moments: Moments) -> float:
    """Frames a second of a film that is steady and has more than FASTEST; 0 of any other."""
    since = moments - moments[0]
    if not since[-1]:
        return 0.0
    rate = (len(since) - 1) / float(since[-1])
    steady = Timing(Fraction(rate), np.round(since * rate).astype(np.int64)).reasonable
    return rate if steady and rate > FASTEST else 0.0


def _near(declared: Fraction) -> list[Fraction]:
    """The common rate that a declared one means; none where it is a rate of its own."""
    return [rate for rate in COMMON if abs(declared / rate - 1) < NEAR_SHARE]
