"""Join labels with what was known before them, bucket by bucket over the files of the events."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from features.buckets import Relation, Statement
from features.declared import PAIR, PROFILE, TITLE, Attribute, Shares, Windowed
from features.facts import facts
from features.timelines import shares_as_of, values_as_of
from lakehouse.catalog import EVENTS
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    import pyarrow as pa

    from features.declared import Feature

ROWS_A_BUCKET = 2_000_000
"""Labels and events that one task joins in memory, in about a gigabyte."""


class LostRows(MarqueeError):
    """A join gave back other rows than it was given."""

    def __init__(self, name: str, given: int, returned: int) -> None:
        super().__init__(
            f"The join of {name} was given {given:,} labels and returned {returned:,}, so no "
            "examples were written: look for repeated keys in the profiles and titles of the night."
        )


@dataclass(frozen=True)
class Sources:
    """What a join reads."""

    event_files: tuple[str, ...]
    """The live Parquet files of the events."""
    profiles: pa.Table
    titles: pa.Table
    before: int
    """Only facts of earlier moments count at all; microseconds since 1970."""
    scratch: Path
    """A folder that every worker sees."""


Runner = Callable[[list[Statement], str, int], None]
"""What runs statements: Spark over buckets (`functools.partial(buckets.run, spark)`), or
`buckets.run_here`, which needs no Java and takes one core."""


def known_features(
    sources: Sources, contexts: pa.Table, pairs: pa.Table, run: Runner
) -> tuple[pa.Table, pa.Table]:
    """Profile features of contexts, and title and pair features of pairs, row by row.

    `contexts` is (label, profile_id, as_of), `pairs` (label, profile_id, title_id, as_of): labels
    count rows from 0 and times are microseconds. Raises LostRows unless each comes back once.
    """
    tables = {"contexts": contexts, "pairs": pairs}
    attributes = {"profiles": sources.profiles, "titles": sources.titles}
    plans = joins()
    sources.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=sources.scratch, prefix="join-") as folder:
        stored = {"events": sources.event_files}
        for name, table in (tables | attributes).items():
            stored[name] = (_store(table, Path(folder, f"{name}.parquet")),)
        statements = [_statement(join, stored, sources.before) for join in plans]
        run(statements, folder, (len(contexts) + len(pairs)) // ROWS_A_BUCKET + 1)
        answers = {join: _gather(join, folder, len(tables[join.asked])) for join in plans}
    profile, title_and_pair = (
        _beside([answers[join] for join in plans if join.asked == asked]) for asked in tables
    )
    return profile, title_and_pair


@dataclass(frozen=True)
class Join:
    """One as-of join of what is asked with a timeline of the events."""

    name: str
    asked: str
    key: str
    """The column whose hash divides labels and events into buckets."""
    sql: str


def joins() -> list[Join]:
    """One join per entity, and one per feature that divides among words."""
    return [
        Join(
            "profile",
            "contexts",
            "profile_id",
            values_as_of("profile", stored_or_windowed(PROFILE)),
        ),
        Join("title", "pairs", "title_id", values_as_of("title", stored_or_windowed(TITLE))),
        Join("pair", "pairs", "profile_id", values_as_of("pair", stored_or_windowed(PAIR))),
        *(
            Join(one.name, "contexts", "profile_id", shares_as_of("profile", one.name, one.made))
            for one in PROFILE
            if isinstance(one.made, Shares)
        ),
    ]


def stored_or_windowed(features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    """The features that one query per entity gives."""
    return tuple(one for one in features if isinstance(one.made, Windowed | Attribute))


def _statement(join: Join, stored: dict[str, tuple[str, ...]], before: int) -> Statement:
    relations = (
        Relation("events", stored["events"], join.key, EVENTS.columns),
        Relation("asked", stored[join.asked], join.key),
        Relation("profiles", stored["profiles"]),
        Relation("titles", stored["titles"]),
    )
    return Statement(join.name, relations, join.sql, (f"CREATE TABLE facts AS {facts(before)}",))


def _store(table: pa.Table, path: Path) -> str:
    import pyarrow.parquet as pq

    pq.write_table(table, path, compression="none")
    return str(path)


def _gather(join: Join, folder: str, given: int) -> pa.Table:
    """The answers of all buckets in the order of the labels, each label exactly once."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = sorted(Path(folder).glob(f"{join.name}-*.parquet"))
    answer = pa.concat_tables([pq.read_table(file) for file in files])
    labels = answer["label"].to_numpy()
    order = np.argsort(labels, kind="stable")
    if not np.array_equal(labels[order], np.arange(given)):
        raise LostRows(join.name, given, len(labels))
    return answer.drop_columns("label").take(pa.array(order))


def _beside(tables: list[pa.Table]) -> pa.Table:
    """The columns of tables that have the same rows."""
    import pyarrow as pa

    return pa.table({name: table[name] for table in tables for name in table.column_names})
