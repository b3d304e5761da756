"""Put landed files of attributes together: what landed later overrides, and no id is missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.writing import arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

    from lakehouse.catalog import Table
    from lakehouse.settings import Settings

DUCKDB_TYPES = {"STRING": "VARCHAR", "INT": "INTEGER", "TIMESTAMP": "TIMESTAMPTZ"}


def snapshot(settings: Settings, table: Table, folder: str, seen: pa.Table) -> pa.Table:
    """One row an id of the landed files and of `seen`: its newest landed row, else nulls."""
    import duckdb

    key = table.one_row_per[0]
    columns = {name: kind for name, kind in table.column_types.items() if name != "night"}
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("seen", seen)
    connection.execute(_landed(sorted(Path(settings.landing, folder).glob("*.jsonl")), columns))
    rows = connection.sql(
        f"""WITH newest AS (
            SELECT * FROM landed
            QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY filename DESC, place DESC) = 1),
        ids AS (SELECT {key} FROM newest UNION SELECT {key} FROM seen WHERE {key} IS NOT NULL)
        SELECT {", ".join(columns)} FROM ids LEFT JOIN newest USING ({key}) ORDER BY {key}"""  # noqa: S608
    ).to_arrow_table()
    schema = arrow_schema(table)
    return rows.cast(schema.remove(schema.get_field_index("night")))


def _landed(files: list[Path], columns: dict[str, str]) -> str:
    """SQL for a table of all landed rows; no file is an empty table."""
    typed = {name: DUCKDB_TYPES.get(kind, "VARCHAR[]") for name, kind in columns.items()}
    if not files:
        listed = ", ".join(f"{name} {kind}" for name, kind in typed.items())
        return f"CREATE TABLE landed ({listed}, filename VARCHAR, place BIGINT)"
    names = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    listed = ", ".join(f"{name}: '{kind}'" for name, kind in typed.items())
    return f"""CREATE TABLE landed AS SELECT *, row_number() OVER () AS place FROM read_json(
        [{names}], format = 'newline_delimited', filename = true, columns = {{{listed}}})"""  # noqa: S608
