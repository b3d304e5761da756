"""Let a night read one version of a table that others write at any hour, from its pages to its report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lakehouse.files import write_json

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import pyarrow as pa

    from lakehouse.catalog import Table
    from lakehouse.tables import Lake


def pin(lake: Lake, table: Table, night: date, version: int | None) -> None:
    """Have all that the night does from here on read this version."""
    file = _file(lake, night)
    write_json(file, _read(file) | {table.name: version})


def version_read(lake: Lake, table: Table, night: date) -> int | None:
    """The version that the night reads: the pinned one, else the newest; None where there is none."""
    pinned = _read(_file(lake, night)).get(table.name)
    return lake.version(table) if pinned is None else pinned


def as_pinned(lake: Lake, table: Table, night: date, columns: list[str] | None = None) -> pa.Table:
    """The table as of the night, at the version that the night reads; raises MissingTable."""
    return lake.arrow(table, night, columns, version=version_read(lake, table, night))


def _file(lake: Lake, night: date) -> Path:
    return lake.settings.at("pins", f"{night}.json")


def _read(file: Path) -> dict[str, int | None]:
    found: dict[str, int | None] = json.loads(file.read_text()) if file.exists() else {}
    return found
