"""Read anyone's file of interactions into arrays, and say in one sentence what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.events.interactions import name_of
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb
    from numpy.typing import NDArray

MILLISECONDS_FROM = 1e11
"""Seconds since 1970 pass this in the year 5138: larger numbers are milliseconds, and so on."""


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


@dataclass(frozen=True)
class Interactions:
    """Rows of a file, in its order; all arrays are [rows]."""

    profiles: NDArray[np.str_]
    titles: NDArray[np.str_]
    times: NDArray[np.float64]
    """Seconds since 1970, 0 everywhere without a column of times."""
    ratings: NDArray[np.float64] | None
    left_out: int = 0
    """Rows without a profile, a title or a readable time."""

    def __len__(self) -> int:
        return len(self.profiles)

    def take(self, kept: NDArray[np.generic]) -> Interactions:
        """Some of the rows, by mask or places."""
        ratings = None if self.ratings is None else self.ratings[kept]
        return Interactions(self.profiles[kept], self.titles[kept], self.times[kept], ratings)

    @property
    def timeless(self) -> bool:
        """Whether all rows share one time, which then says nothing."""
        return len(self.times) == 0 or float(np.ptp(self.times)) == 0.0


def read_interactions(file: Path, names: ColumnNames) -> Interactions:
    """Read a Parquet file, or a text file with a header whose separator is found out.

    Raises BadInteractions.
    """
    connection = _opened(file)
    found = [row[0] for row in connection.sql("DESCRIBE file_rows").fetchall()]
    for column in filter(None, vars(names).values()):
        if column not in found:
            has = ", ".join(found[:20])
            raise BadInteractions(
                file, f"it has no column {column!r}", f"name one of its columns ({has})"
            )
    rows = connection.sql(_query(names)).fetchnumpy()
    profiles, titles = (np.ma.filled(rows[name], "").astype(str) for name in ("profile", "title"))
    times = np.ma.filled(rows["time"].astype(float), np.nan)
    good = (profiles != "") & (titles != "") & np.isfinite(times)
    if not good.any():
        why = "no row has a profile, a title and a readable time"
        raise BadInteractions(file, why, "times are numbers since 1970 or ISO dates")
    ratings = np.ma.filled(rows["rating"].astype(float), np.nan)[good] if names.rating else None
    return Interactions(profiles[good], titles[good], times[good], ratings, int((~good).sum()))


def _opened(file: Path) -> duckdb.DuckDBPyConnection:
    import duckdb

    if not file.is_file():
        raise BadInteractions(file, "it is not there", "check the path")
    parquet = file.suffix.lower() == ".parquet"
    reader = "read_parquet(?)" if parquet else "read_csv(?, all_varchar = true, header = true)"
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    try:
        connection.execute(f"CREATE TABLE file_rows AS SELECT * FROM {reader}", [str(file)])  # noqa: S608 - one of two constants
    except duckdb.Error as error:
        why = str(error).splitlines()[0].rstrip(".:")
        raise BadInteractions(file, why, "give Parquet, or text with a header") from None
    return connection


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
