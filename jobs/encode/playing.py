"""List the titles that play as of a night: all that `published/` points to, and nothing else."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pyarrow as pa

from jobs.encode import rows
from jobs.encode.receipt import BrokenReceipt, receipt_of_version
from lakehouse.catalog import PLAYABLE_TITLES
from lakehouse.locks import alone
from lakehouse.writing import arrow_schema
from serving_export.titles import layout

if TYPE_CHECKING:
    from datetime import date

    from jobs.encode.rows import Row
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

log = logging.getLogger(__name__)
Versions = dict[tuple[str, str], "Row"]
"""Title and version to the row that told of it before."""


def write_playing(lake: Lake, night: date) -> None:
    """Write the titles that play at this moment as those of the night and of the newest night.

    Whoever publishes or withdraws a title calls it, so that a title is listed as soon as it plays
    and no longer than that. The newest night is told, too, lest it hide what an earlier one made.
    """
    with alone(lake.settings.at("locks", "playing")):
        nights = lake.nights(PLAYABLE_TITLES)
        newest = max([night, *nights])
        told = _playing(lake.settings, _listed(lake, nights[-1:]))
        schema = arrow_schema(PLAYABLE_TITLES)
        table = pa.Table.from_pylist([dict.fromkeys(schema.names) | row for row in told], schema)
        for one in sorted({night, newest}):
            lake.write(PLAYABLE_TITLES, table, one)


def _listed(lake: Lake, nights: list[date]) -> Versions:
    """What the newest night says, so that the receipt of a version is read once, not every night."""
    found = lake.arrow(PLAYABLE_TITLES, nights=nights).to_pylist() if nights else []
    return {(row["title_id"], row["version"]): row for row in found}


def _playing(settings: Settings, listed: Versions) -> list[Row]:
    told = []
    for title_id, version in layout.playable(settings.at("titles", "published")).items():
        try:
            row = listed.get((title_id, version)) or rows.playable(
                receipt_of_version(settings, title_id, version)
            )
        except (BrokenReceipt, ValueError, KeyError) as error:  # it may be JSON and no receipt
            log.warning(
                "The receipt of %s cannot be read, so it is not listed: %s", title_id, error
            )
            continue
        told.append(row)
    return told
