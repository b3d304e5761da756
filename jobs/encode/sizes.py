"""Say at which sizes a title is encoded: from its own down to 240p."""

from __future__ import annotations

from math import ceil, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.encode.facts import Master

SCALES = (1.0, 0.75, 0.6, 0.5, 1 / 3)
"""Of a master of 720 lines, down to 240."""
FEWEST_LINES = 240
WIDE = 9 / 16
"""Of the screen that names a size: 1920 x 804 fills one of 1080 lines from side to side."""


def lines_of(width: int, height: int) -> int:
    """What people call a size: the lines of the smallest 16:9 screen, upright or lying, that holds it.

    So 1280x720, 1280x536 and 720x1280 are all 720p, and 640x480 is 480p.
    """
    return ceil(max(min(width, height), WIDE * max(width, height)) - 0.5)


def sizes_of(master: Master, most_lines: int) -> list[tuple[int, int]]:
    """Widths and heights, largest first, even, of the master's aspect; five from 720 lines up.

    The smallest is 240p, whatever the master has (lines are those of `lines_of`); the largest is the
    master's own, or has the most lines that devices play of a codec. A larger master has its sizes
    further apart, in the same proportion of what lies between, so that they cost no more probes; of
    a smaller one those below 240p are left out. One that is smaller itself has its own size only.
    """
    own = master.size
    if lines_of(*own) > most_lines:
        own = at_scale(own, most_lines / lines_of(*own))
    if lines_of(*own) <= FEWEST_LINES:
        return [own]
    least = FEWEST_LINES / lines_of(*own)
    stretch = max(1.0, log(least) / log(SCALES[-1]))
    scaled = [at_scale(own, max(scale**stretch, least)) for scale in SCALES]
    return list(dict.fromkeys((own, *scaled)))


def at_scale(own: tuple[int, int], scale: float) -> tuple[int, int]:
    """The even size nearest to a share of another."""
    width, height = (_even(length * scale) for length in own)
    return width, height


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))
