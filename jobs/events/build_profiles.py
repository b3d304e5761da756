"""The landed profile files become the profiles of a night, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.events.snapshots import snapshot
from lakehouse.catalog import EVENTS, PROFILES

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.tables import Lake


def main(lake: Lake, night: date) -> None:
    """Every profile that was landed or that an event names; what nobody said of it is null."""
    seen = lake.arrow(EVENTS, night, columns=["profile_id"])
    lake.write(PROFILES, snapshot(lake.settings, PROFILES, "profiles", seen), night)
