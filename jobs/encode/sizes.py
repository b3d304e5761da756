"""Say at which sizes a title is encoded: from its own down to 240p."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.encode.facts import Master

SCALES = (1.0, 0.75, 0.6, 0.5, 1 / 3)
"""Of a master of 720 lines, down to 240; encode.md, section 2."""
FEWEST_LINES = 240


def sizes_of(master: Master, most_lines: int) -> list[tuple[int, int]]:
    """Widths and heights, largest first, even, of the master's aspect; five from 720 lines up.

    The smallest has 240 lines on its shorter side, whatever the master has; the largest is the
    master's own, or has the most lines that devices play of a codec. A larger master has its sizes
    further apart, in the same proportion of what lies between, so that they cost no more probes; of
    a smaller one those below 240 lines are left out. One that has fewer lines itself has its own
    size only.
    """
    own = master.size
    if min(own) > most_lines:
        own = at_scale(own, most_lines / min(own))
    if min(own) <= FEWEST_LINES:
        return [own]
    least = FEWEST_LINES / min(own)
    stretch = max(1.0, log(least) / log(SCALES[-1]))
    scaled = [at_scale(own, max(scale**stretch, least)) for scale in SCALES]
    return list(dict.fromkeys((own, *scaled)))


def at_scale(own: tuple[int, int], scale: float) -> tuple[int, int]:
    """The even size nearest to a share of another, with 240 lines at least."""
    width, height = (max(FEWEST_LINES, _even(length * scale)) for length in own)
    return width, height


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))
