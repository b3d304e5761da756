"""Read anyone's file of interactions into arrays, and say in one sentence what is wrong with it."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.evaluate.interactions import Interactions
from jobs.events.interactions import name_of
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

MILLISECONDS_FROM = 1e11
"""Seconds since 1970 pass this in the year 5138: larger numbers are milliseconds, and so on."""
FARTHEST_SECONDS = 5e10  # fifteen centuries from 1970: what lies beyond was never a time
SEPARATORS = (",", "\t", ";", "|")
FORMATS = "give Parquet, or text in UTF-8 with a header and one separator"


class BadInteractions(MarqueeError):
    """A file of interactions cannot be evaluated."""

    def __init__(self, file: Path, why: str, remedy: str) -> None:
        super().__init__(f"{file} cannot be evaluated, because {why}: {remedy}.")


@dataclass(frozen=True)
class ColumnNames:
    """What the columns of a file are called; '' where there is none."""

    profile: str
    title: str
    time: str
    rating: str = ""


def read_interactions(file: Path, names: ColumnNames) -> Interactions:
    """Read a Parquet file, or a text file with a header, whose separator is seen in it.

    Raises BadInteractions.
    """
    connection = _opened(file)
    found = [row[0] for row in connection.sql("DESCRIBE file_rows").fetchall()]
    for column in filter(None, vars(names).values()):
        if column not in found:
            remedy = f"name one of its columns ({', '.join(found[:20])})"
            if column == names.time:
                remedy += ", or '' where it has no times"
            raise BadInteractions(file, f"it has no column {column!r}", remedy)
    good = f"""coalesce(profile, '') <> '' AND coalesce(title, '') <> ''
        AND isfinite(time) AND abs(time) < {FARTHEST_SECONDS}"""
    connection.execute(f"CREATE VIEW said AS {_query(names)}")
    # insertion order is kept: a random split draws by the place of a row in its file
    rows = connection.sql(f"SELECT * FROM said WHERE {good}").to_arrow_table()  # noqa: S608
    ((total,),) = connection.sql("SELECT count(*) FROM said").fetchall()
    if not rows.num_rows:
        why = "no row has a profile, a title and a readable time" if total else "it has no rows"
        raise BadInteractions(file, why, "times are numbers since 1970 or ISO dates")
    profiles, titles, times, ratings = (column.combine_chunks() for column in rows.columns)
    return Interactions.of(
        profiles, titles, times.to_numpy(),
        np.asarray(ratings.to_numpy(zero_copy_only=False), np.float64) if names.rating else None,
        total - rows.num_rows,
    )  # fmt: skip


def _opened(file: Path) -> duckdb.DuckDBPyConnection:
    """A connection with the rows of the file as the table `file_rows`."""
    import duckdb

    if not file.is_file():
        raise BadInteractions(file, "it is not there", "check the path")
    if not file.stat().st_size:
        raise BadInteractions(file, "it is empty", FORMATS)
    reader, given = "read_parquet(?)", [str(file)]
    if file.suffix.lower() != ".parquet":
        separator, names = _header(file)
        columns = ", ".join(f"{name_of(name)}: 'VARCHAR'" for name in names)
        reader = f"""read_csv(?, auto_detect = false, header = true, delim = ?, quote = '"',
            escape = '"', columns = {{{columns}}})"""
        given += [separator]
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    try:
        connection.execute(f"CREATE TABLE file_rows AS SELECT * FROM {reader}", given)  # noqa: S608 - names are quoted
    except duckdb.Error as error:
        raise BadInteractions(file, _reason(str(error)), FORMATS) from None
    return connection


def _header(file: Path) -> tuple[str, list[str]]:
    """The separator that the first line holds most of, and its names; raises BadInteractions."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            line = text.readline().strip("\r\n")
    except UnicodeDecodeError:
        raise BadInteractions(file, "it is not text in UTF-8", FORMATS) from None
    unquoted = re.sub(r'"[^"]*"', "", line)
    separator = max(SEPARATORS, key=unquoted.count)
    cells = [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    # tables written with their row numbers begin with a nameless column
    names = [cell or f"column {place}" for place, cell in enumerate(cells, 1)]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise BadInteractions(file, f"two columns are called {repeated[0]!r}", "rename one")
    return separator, names


def _reason(message: str) -> str:
    """What DuckDB says of a broken file, as the part of a sentence."""
    line = re.search(r"CSV Error on Line: (\d+)", message)
    columns = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    if line and columns:
        return f"line {line[1]} has {columns[2]} columns and the header {columns[1]}"
    if line and "unicode" in message:
        return f"line {line[1]} is not text in UTF-8"
    if line and "quote" in message:
        return f"line {line[1]} begins a quote that does not end"
    if "magic bytes" in message:
        return "it is not a Parquet file, as its name says"
    return message.splitlines()[0].rstrip(".:")


def _query(names: ColumnNames) -> str:
    time = f"{name_of(names.time)}::VARCHAR"
    number = f"try_cast({time} AS DOUBLE)"
    seconds = f"""CASE
        WHEN {number} IS NULL THEN epoch(try_cast({time} AS TIMESTAMPTZ))
        WHEN abs({number}) < {MILLISECONDS_FROM} THEN {number}
        WHEN abs({number}) < {MILLISECONDS_FROM * 1e3} THEN {number} / 1e3
        WHEN abs({number}) < {MILLISECONDS_FROM * 1e6} THEN {number} / 1e6
        ELSE {number} / 1e9 END"""
    return f"""SELECT trim({name_of(names.profile)}::VARCHAR) AS profile,
        trim({name_of(names.title)}::VARCHAR) AS title,
        {seconds if names.time else "0.0::DOUBLE"} AS time,
        try_cast({name_of(names.rating)} AS DOUBLE) AS rating FROM file_rows"""  # noqa: S608
