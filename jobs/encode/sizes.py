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

    None is larger than the master or has fewer than 240 lines on its shorter side; a master that
    is smaller itself has its own size only.
    """
    own = (master.width, master.height)
    scaled = [(_even(own[0] * scale), _even(own[1] * scale)) for scale in SCALES]
    large = [size for size in scaled if min(size) >= FEWEST_LINES]
    return list(dict.fromkeys((own, *large)))


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))
