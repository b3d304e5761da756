"""Cut the night's masters into shots, and tell which probes they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.encode import rows
from jobs.encode.taking_in import productions
from lakehouse.catalog import SHOTS

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.tables import Lake


def main(lake: Lake, night: date) -> list[str]:
    """A key for each probe, such as bikes/h264/0-640x272."""
    made = productions(lake.settings, night)
    rows.write(lake, SHOTS, night, [row for one in made for row in rows.shots(one)])
    return [f"{one.order.title_id}/{key}" for one in made for key in one.probe_keys()]
