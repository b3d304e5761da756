"""Land what is known of titles and profiles; everything but the id may be missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jobs.events.interactions import (
    Imported,
    MissingColumn,
    copy_json,
    landing_file,
    name_of,
    open_file,
)
from lakehouse.catalog import PROFILES, TITLES

if TYPE_CHECKING:
    from lakehouse.catalog import Table
    from lakehouse.settings import Settings


def land_titles(settings: Settings, file: Path) -> Imported:
    """Land a catalogue file; raises UnreadableFile and MissingColumn."""
    return _land(settings, file, TITLES, "titles")


def land_profiles(settings: Settings, file: Path) -> Imported:
    """Land a file of profiles; raises UnreadableFile and MissingColumn."""
    return _land(settings, file, PROFILES, "profiles")


def _land(settings: Settings, file: Path, table: Table, what: str) -> Imported:
    """Keep the rows whose id is there and whose values have the type of the catalog."""
    connection = open_file(file)
    found = [row[0] for row in connection.sql("DESCRIBE file_rows").fetchall()]
    key = table.one_row_per[0]
    if key not in found:
        raise MissingColumn(file, key, found)
    types = {name: kind for name, kind in table.column_types.items() if name in found}
    casts = {name: _cast(name, kind) for name, kind in types.items()}
    connection.execute(_typed(types, casts, key))
    columns = ", ".join(types)
    landed = next_file(Path(settings.landing, what), what, file)
    good = f"SELECT {columns} FROM typed WHERE reason IS NULL ORDER BY {key}, place"  # noqa: S608
    bad = "SELECT reason, file_row FROM typed WHERE reason IS NOT NULL ORDER BY place"
    rows = copy_json(connection, good, landed)
    refused_file = Path(settings.landing, "refused", landed.name)
    refused = copy_json(connection, bad, refused_file)
    return Imported(what, rows, landed, refused, refused_file if refused else None)


def next_file(folder: Path, name: str, source: Path) -> Path:
    """Where a file of attributes lands: numbered, because what lands later overrides."""
    by_content = landing_file(folder, name, source).name.removeprefix(name)
    before = sorted(folder.glob(f"{name}-*.jsonl"))
    if before and before[-1].name.endswith(by_content):
        return before[-1]
    return folder / f"{name}-{len(before) + 1:04d}{by_content}"


def _typed(types: dict[str, str], casts: dict[str, str], key: str) -> str:
    """A view of typed rows, with the reason where a value does not have its type."""
    listed = ", ".join(f"{cast} AS {name}" for name, cast in casts.items())
    wrong = " ".join(
        f"WHEN coalesce(trim({name_of(name)}::VARCHAR), '') <> '' AND {casts[name]} IS NULL "
        f"THEN '{name} is not {kind}'"
        for name, kind in types.items()
    )
    return f"""CREATE VIEW typed AS SELECT {listed}, to_json(file_rows) AS file_row,
        rowid AS place,
        CASE WHEN coalesce(trim({name_of(key)}::VARCHAR), '') = '' THEN 'no {key}' {wrong}
            END AS reason FROM file_rows"""  # noqa: S608 - names and types of the catalog


def _cast(name: str, kind: str) -> str:
    """SQL that reads text as the type of the catalog; a list is JSON or split at | or ,"""
    text = f"nullif(trim({name_of(name)}::VARCHAR), '')"
    if not kind.startswith("ARRAY"):
        typed = {"STRING": "VARCHAR", "INT": "INTEGER", "TIMESTAMP": "TIMESTAMPTZ"}[kind]
        return f"try_cast({text} AS {typed})"
    split = f"list_transform(string_split_regex({text}, '[|,]'), lambda one: trim(one))"
    return f"CASE WHEN {text} LIKE '[%' THEN try_cast({text}::JSON AS VARCHAR[]) ELSE {split} END"
