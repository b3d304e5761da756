"""Name what keeps a ladder from being chosen or compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from jobs.encode.codecs import Cap


class UnevenProbes(MarqueeError):
    """The probes are not every shot at every size and CRF of one codec, each once."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The probes do not make a whole grid ({what}), so shots would count unevenly and no ladder "
            "was chosen: call again, which probes only what is missing."
        )


class NoRung(MarqueeError):
    """No point of any size lies within what the devices can play."""

    def __init__(self, codec: str, cap: Cap) -> None:
        super().__init__(
            f"No size of this title fits what {codec} devices play ({cap.lines} lines, "
            f"{cap.pixels_per_second:,.0f} pixels a second, {cap.kbps:,.0f} kb/s), so it has no ladder in "
            "this codec: leave the codec out, or raise its caps."
        )


class NotComparable(MarqueeError):
    """Two ladders have no range of VMAF in common over which their rates could be compared."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The two ladders have no BD-rate ({why}): compare ladders whose VMAF ranges overlap, or add "
            "points to them."
        )
