"""Cut the night's masters into shots, and tell which probes they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.encode import rows
from jobs.encode.taking_in import each_title
from lakehouse.catalog import SHOTS

if TYPE_CHECKING:
    from datetime import date

    from jobs.encode.production import Production
    from lakehouse.tables import Lake


def main(lake: Lake, night: date) -> list[str]:
    """A key for each probe, such as bikes/h264/0-640x272."""
    rows.write(lake, SHOTS, night, [])

    def cut(production: Production) -> list[str]:
        rows.write(lake, SHOTS, night, rows.shots(production))
        return [f"{production.order.title_id}/{key}" for key in production.probe_keys()]

    return each_title(lake.settings, night, cut)
