"""Say at which sizes a title is encoded: from its own down to 240p."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.encode.facts import Master

SCALES = (1.0, 0.75, 0.6, 0.5, 0.325)
"""Of the master; encode.md, section 2."""
FEWEST_LINES = 240


def sizes_of(master: Master) -> list[tuple[int, int]]:
    """Widths and heights, largest first, even, of the master's aspect.

    None is larger than the master or has fewer than 240 lines on its shorter side, and the smallest
    is never far above them: a scale that would fall below gives 240 lines. A master that is smaller
    itself has its own size only.
    """
    own = (master.width, master.height)
    if min(own) <= FEWEST_LINES:
        return [own]
    least = FEWEST_LINES / min(own)
    scaled = [_at_least(own, max(scale, least)) for scale in SCALES]
    return list(dict.fromkeys((own, *scaled)))


def _at_least(own: tuple[int, int], scale: float) -> tuple[int, int]:
    width, height = (max(FEWEST_LINES, _even(length * scale)) for length in own)
    return width, height


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))
