"""Keep tables small and quick: drop expired nights, join small files, remove what nobody reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from deltalake import DeltaTable

    from lakehouse.catalog import Table
    from lakehouse.tables import Lake

VACUUM_HOURS = 168
"""A file that no version of the last week names is removed: a slow reader may still hold it."""


@dataclass(frozen=True)
class Upkeep:
    """What was done to one table."""

    table: str
    nights_dropped: int
    files_before: int
    files_after: int
    files_removed: int


def expired(table: Table, nights: Collection[date], last: date) -> list[date]:
    """The nights that retention, counted back from `last`, no longer covers.

    The newest snapshot stays however old it is: as of tonight the table is that snapshot.
    """
    limit = last - timedelta(days=table.retention_nights)
    old = sorted(night for night in nights if night <= limit)
    newest = max((night for night in nights if night <= last), default=None)
    return [night for night in old if not (table.snapshot and night == newest)]


def keep_up(lake: Lake, table: Table, last: date, versions: Collection[int] = ()) -> Upkeep:
    """Drop the nights that expired by `last`, join small files and remove dead ones.

    Each is one transaction, and a rerun finds nothing left to do. Of the versions given no file is
    removed, so that what was made from them can be read again.
    """
    from lakehouse.writing import writing_alone

    with writing_alone(lake, table):
        return _kept_up(lake, table, last, versions)


def _kept_up(lake: Lake, table: Table, last: date, versions: Collection[int]) -> Upkeep:
    from deltalake import DeltaTable

    before = len(lake.files(table))
    gone = expired(table, lake.nights(table), last)
    delta = DeltaTable(lake.address(table))
    if gone:
        listed = ", ".join(f"'{night.isoformat()}'" for night in gone)
        delta.delete(f"night IN ({listed})")
    delta.optimize.compact()
    delta.create_checkpoint()  # a reader then opens two files, not every commit since the last
    kept = sorted(set(versions) & _still_named(delta))
    removed = delta.vacuum(
        VACUUM_HOURS, dry_run=False, full=True, keep_versions=kept or None
    )  # full: what a killed write left behind is in no log
    return Upkeep(table.name, len(gone), before, len(lake.files(table)), len(removed))


def _still_named(delta: DeltaTable) -> set[int]:
    """The versions that the log still holds; to keep one that it lost would fail."""
    return {int(str(told["version"])) for told in delta.history()}
