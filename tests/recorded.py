"""Run jobs for a night as `marquee job` does, and note which tables each reads and writes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import lakehouse.tables
from jobs.__main__ import job, leave
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from lakehouse.catalog import Table

READS = ("read", "arrow", "files")
WRITES = ("write", "write_nights", "merge", "append_once")
NOTES = "recorded.json"
"""The file below var: job to the names of the tables that it read and wrote."""


class RecordingLake(lakehouse.tables.Lake):
    """A real lake that remembers which tables were read and written."""

    read_tables: set[str] = set()  # noqa: RUF012 - of the job that runs now
    written_tables: set[str] = set()  # noqa: RUF012

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in READS + WRITES:
            return found
        kept = self.read_tables if name in READS else self.written_tables

        def remembered(table: Table, *arguments: Any, **named: Any) -> Any:
            kept.add(table.name)
            return found(table, *arguments, **named)

        return remembered


def main(night: str, names: list[str]) -> None:
    """Run the jobs in their order, in one process to save the start of TensorFlow and Spark."""
    lakehouse.tables.Lake = RecordingLake  # type: ignore[misc]
    told = {}
    for name in names:
        RecordingLake.read_tables, RecordingLake.written_tables = set(), set()
        job(name, night)
        told[name] = {
            "reads": sorted(RecordingLake.read_tables),
            "writes": sorted(RecordingLake.written_tables),
        }
    Settings.read().at(NOTES).write_text(json.dumps(told))
    leave(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
