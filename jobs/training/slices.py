"""Divide profiles into the slices in which the gate looks for harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from features.histories import Histories

ATTRIBUTES = ("age_band", "gender", "region")
LENGTHS = {"under 20 watches": (0, 20), "20 to 99 watches": (20, 100), "100 or more": (100, 10**9)}


def slices_of(histories: Histories, profiles: pa.Table) -> dict[str, NDArray[np.bool_]]:
    """Name to [profiles] members: by length of history, and by each attribute that is known."""
    lengths = histories.lengths
    members = {name: (lengths >= low) & (lengths < high) for name, (low, high) in LENGTHS.items()}
    for attribute in ATTRIBUTES:
        values = dict(
            zip(profiles["profile_id"].to_pylist(), profiles[attribute].to_pylist(), strict=True)
        )
        own = np.array([values.get(one) or "" for one in histories.profile_ids])
        members |= {f"{attribute} {value}": own == value for value in np.unique(own) if value}
    return members
