"""Say how far a rung may be trusted that was foreseen from fewer probes than all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.encode.ladder.curves import Curve
    from jobs.encode.ladder.grid import Size

IN_FULL, BETWEEN_TWO_SIZES, FEWER_CRFS = 0.5, 0.9, 2.7
"""VMAF by which predictions err, of two clips: out of a full plan, as from three sizes; between two
sizes alone; out of one CRF or two, where it was 1.5 to 2.7. Other pictures err by more: noise was
promised 71.7 by one CRF and scored 61.5. A top that was promised 95 so may ship at 80, and a notice says it."""
ENOUGH_SIZES = 3


def doubt(curves: Sequence[Curve], size: Size, crfs: int, all_crfs: int) -> float:
    """How many times as far a rung of this size may be from its prediction as one of a full plan.

    `curves` are those of its codec, laid from probes at so many CRFs of all that it has.
    """
    probed = {curve.size for curve in curves if curve.probed}
    if crfs < all_crfs:
        return FEWER_CRFS / IN_FULL
    if size not in probed and len(probed) < ENOUGH_SIZES:
        return BETWEEN_TWO_SIZES / IN_FULL
    return 1.0
