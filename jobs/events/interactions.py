"""Turn anyone's file of who watched what and when into canonical events."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    import duckdb

    from lakehouse.settings import Settings


class UnreadableFile(MarqueeError):
    """A file to import is not there, empty, or not what its name says."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(
            f"{file} cannot be imported, because {why}; nothing was landed: "
            "give a CSV or Parquet file (titles and profiles: CSV or JSON Lines) with a header."
        )


class MissingColumn(MarqueeError):
    """A file to import lacks a column."""

    def __init__(self, file: Path, column: str, found: list[str]) -> None:
        super().__init__(
            f"{file} has no column {column!r}, so nothing was landed: "
            f"name one of its columns ({', '.join(found[:20])}) with the options of this command."
        )


@dataclass(frozen=True)
class Columns:
    """What the columns of an interactions file are called; '' where there is none."""

    profile: str
    title: str
    time: str
    rating: str = ""
    known: str = ""


@dataclass(frozen=True)
class Imported:
    """What an import landed, and what it set aside."""

    what: str
    rows: int
    file: Path
    refused: int = 0
    refused_file: Path | None = None


def land_interactions(
    settings: Settings,
    file: Path,
    columns: Columns,
    *,
    event: str = "complete",
    like_from: float = 4.0,
    dislike_to: float = 2.0,
    name: str = "interactions",
) -> Imported:
    """Land one event a row, and a like or dislike beside it where a rating says so.

    Known time is the event time unless a column is named: history that is imported once was known
    when it happened. Rows without profile, title or a readable time are set aside.
    Raises UnreadableFile and MissingColumn.
    """
    if event not in ("complete", "play"):
        raise MarqueeError(
            f"--event is {event!r}, which no row of history can be, so nothing was landed: "
            "say complete or play."
        )
    connection = open_file(file)
    found = [row[0] for row in connection.sql("DESCRIBE file_rows").fetchall()]
    for column in filter(None, vars(columns).values()):
        if column not in found:
            raise MissingColumn(file, column, found)
    connection.execute(_view(columns))
    folder = Path(settings.landing, "events")
    landed = landing_file(folder, name, file)
    rows = copy_json(connection, _events(event, like_from, dislike_to), landed)
    refused_file = Path(settings.landing, "refused", landed.name)
    refused = copy_json(connection, REFUSED, refused_file)
    return Imported("events", rows, landed, refused, refused_file if refused else None)


def open_file(file: Path) -> duckdb.DuckDBPyConnection:
    """A connection with the rows of the file, every column text, as the view `file_rows`."""
    import duckdb

    if not file.is_file():
        raise UnreadableFile(file, "it is not there")
    readers = {
        ".parquet": "read_parquet(?)",
        ".jsonl": "read_ndjson_objects(?)",
        ".csv": "read_csv(?, all_varchar = true, header = true)",
        ".tsv": "read_csv(?, all_varchar = true, header = true, delim = '\t')",
    }
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise UnreadableFile(file, f"its ending {file.suffix!r} is none of {', '.join(readers)}")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    try:
        connection.execute(
            f"CREATE TABLE file_rows AS SELECT * FROM {reader}",  # noqa: S608 - one of four constants
            [str(file)],
        )
        if file.suffix.lower() == ".jsonl":
            _spread(connection)
    except duckdb.Error as error:
        raise UnreadableFile(file, str(error).splitlines()[0].rstrip(".")) from None
    return connection


def _spread(connection: duckdb.DuckDBPyConnection) -> None:
    """Give each key of the JSON objects a column of text, so that 7 and "7" are one id."""
    keys = connection.sql(
        "SELECT DISTINCT unnest(json_keys(json)) AS key FROM file_rows ORDER BY key"
    ).fetchall()
    columns = ", ".join(
        f"json_extract_string(json, '$.\"{quoted(key)}\"') AS {name_of(key)}" for (key,) in keys
    )
    connection.execute(f"CREATE OR REPLACE TABLE file_rows AS SELECT {columns} FROM file_rows")  # noqa: S608


def landing_file(folder: Path, name: str, source: Path) -> Path:
    """Where a file lands: its content names it, so that the same file lands in the same place."""
    with source.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return folder / f"{name}-{digest[:12]}.jsonl"


def copy_json(connection: duckdb.DuckDBPyConnection, query: str, file: Path) -> int:
    """Write a query's rows as JSON Lines, whole or not at all; returns how many. No rows, no file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # a folder that readers list must never show a file that is half written
    unfinished = file.with_name(f".{file.name}.part")
    row = connection.execute(
        f"COPY ({query}) TO '{quoted(str(unfinished))}' (FORMAT json)"
    ).fetchone()
    rows = int(row[0]) if row else 0
    if rows:
        unfinished.replace(file)
    else:
        unfinished.unlink()
    return rows


def quoted(text: str) -> str:
    """Text fit for a SQL string."""
    return text.replace("'", "''")


def name_of(column: str) -> str:
    """A column's name fit for SQL, or NULL where there is none."""
    return '"' + column.replace('"', '""') + '"' if column else "NULL"


def _view(columns: Columns) -> str:
    return f"""
        CREATE MACRO instant(text) AS CASE
            WHEN try_cast(text AS DOUBLE) IS NULL THEN try_cast(text AS TIMESTAMPTZ)
            -- seconds since 1970 pass 1e11 in the year 5138: more are milliseconds
            WHEN abs(try_cast(text AS DOUBLE)) < 1e11 THEN to_timestamp(try_cast(text AS DOUBLE))
            ELSE to_timestamp(try_cast(text AS DOUBLE) / 1000) END;
        CREATE VIEW interactions AS SELECT
            trim({name_of(columns.profile)}::VARCHAR) AS profile_id,
            trim({name_of(columns.title)}::VARCHAR) AS title_id,
            instant({name_of(columns.time)}::VARCHAR) AS event_time,
            {name_of(columns.time)}::VARCHAR AS time_text,
            {f"instant({name_of(columns.known)}::VARCHAR)" if columns.known else "event_time"}
                AS known_time,
            try_cast({name_of(columns.rating)} AS DOUBLE) AS rating
        FROM file_rows"""  # noqa: S608 - identifiers are quoted


GOOD = """coalesce(profile_id, '') <> '' AND coalesce(title_id, '') <> ''
    AND event_time IS NOT NULL AND known_time IS NOT NULL"""
REFUSED = f"""SELECT CASE
        WHEN coalesce(profile_id, '') = '' THEN 'no profile'
        WHEN coalesce(title_id, '') = '' THEN 'no title'
        ELSE 'the time cannot be read' END AS reason, profile_id, title_id, time_text AS time
    FROM interactions WHERE NOT ({GOOD})"""  # noqa: S608 - constants


def _events(event: str, like_from: float, dislike_to: float) -> str:
    return f"""
        WITH said AS (
            SELECT *, '{event}' AS type FROM interactions WHERE {GOOD}
            UNION ALL
            SELECT *, if(rating >= {like_from}, 'like', 'dislike') FROM interactions
            WHERE {GOOD} AND (rating >= {like_from} OR rating <= {dislike_to}))
        SELECT left(sha256(concat_ws(chr(31), type, profile_id, title_id, epoch_us(event_time))), 24)
                AS event_id, type, profile_id, title_id,
            strftime(event_time, '%Y-%m-%dT%H:%M:%S.%fZ') AS event_time,
            strftime(known_time, '%Y-%m-%dT%H:%M:%S.%fZ') AS known_time
        FROM said ORDER BY said.known_time, said.event_time, profile_id, title_id, type"""  # noqa: S608
