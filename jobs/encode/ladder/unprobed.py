"""Lay the fixed ladder for a title of which nothing was probed, as rungs of any codec."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from jobs.encode.facts import Rung
from jobs.encode.ladder.curves import RATE_SLOPE
from jobs.encode.ladder.errors import NoRung
from jobs.encode.ladder.fixed import fixed_ladder
from jobs.encode.sizes import FEWEST_LINES, at_scale, lines_of

if TYPE_CHECKING:
    from jobs.encode.codecs import Cap
    from jobs.encode.ladder.grid import Size


def unprobed(source: Size, codec: str, best_crf: float, cap: Cap, fps: float) -> list[Rung]:
    """The fixed ladder of a source, lowest rung first, by a CRF and a cap as other rungs are.

    Each rung is capped at its rate, which no title exceeds and an easy one need not reach. The
    dearest of a size has `best_crf`, the others so much more as their rate is less. An upright
    picture has the sizes of one that lies, and none is below 240p unless the source has.
    Raises NoRung where devices play none of them.
    """
    lying = (max(source), min(source))
    sizes = {rung.kbps: _size(source, rung.width / lying[0]) for rung in fixed_ladder(lying)}
    played = {kbps: size for kbps, size in sizes.items() if cap.plays(size, fps, kbps)}
    if not played:
        raise NoRung(codec, cap)
    dearest = {size: kbps for kbps, size in sorted(played.items())}
    return [
        Rung(
            codec, *size, round(best_crf + log(dearest[size] / kbps) / RATE_SLOPE, 2), kbps,
            vmaf=0.0, maxrate_kbps=kbps, fixed=True,
        )
        for kbps, size in played.items()
    ]  # fmt: skip


def _size(source: Size, scale: float) -> Size:
    lines = lines_of(*source)
    if lines <= FEWEST_LINES:
        return source
    return at_scale(source, min(1.0, max(scale, FEWEST_LINES / lines)))
