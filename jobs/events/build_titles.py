"""The landed catalogue files become the catalogue of a night, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.events.snapshots import snapshot
from lakehouse.catalog import EVENTS, TITLES

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.tables import Lake


def main(lake: Lake, night: date) -> None:
    """Every title that was landed or that anyone watched; what nobody said of it is null."""
    seen = lake.arrow(EVENTS, night, columns=["title_id"])
    lake.write(TITLES, snapshot(lake.settings, TITLES, "titles", seen), night)
