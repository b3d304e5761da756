"""Write small logs for tests, by hand or at random, and join labels with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features import buckets
from features.offline import Sources
from features.watches import EVENT_COLUMNS, microseconds
from lakehouse.catalog import EVENTS, PROFILES, TITLES
from lakehouse.writing import arrow_schema

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.catalog import Table

START = datetime(2026, 1, 1, tzinfo=UTC)
HERE = buckets.run_here


def time(text: str) -> datetime:
    """A time such as `2026-01-02 10:00`, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def us(text: str) -> int:
    """The same in microseconds since 1970."""
    return microseconds(time(text))


def table(of: Table, *said: dict[str, Any]) -> pa.Table:
    """Rows of a table of the catalog; what is not said is null."""
    schema = arrow_schema(of)
    return pa.Table.from_pylist([{**dict.fromkeys(schema.names), **row} for row in said], schema)


def event(profile: str, title: str, kind: str, at: str, known: str | None = None) -> dict[str, Any]:
    """One event, known when it happened unless said."""
    happened = time(at)
    return {
        "event_id": f"{profile}/{title}/{kind}/{at}",
        "type": kind,
        "profile_id": profile,
        "title_id": title,
        "event_time": happened,
        "known_time": time(known) if known else happened,
        "night": happened.date(),
    }


def events(*rows: tuple[str, ...]) -> pa.Table:
    """A log of (profile, title, type, time[, known time])."""
    return table(EVENTS, *(event(*row) for row in rows))


def titles(*rows: dict[str, Any]) -> pa.Table:
    """A catalogue."""
    return table(TITLES, *rows)


def profiles(*rows: dict[str, Any]) -> pa.Table:
    """Profiles."""
    return table(PROFILES, *rows)


def sources(
    folder: Path, log: pa.Table, catalogue: pa.Table, members: pa.Table, before: str
) -> Sources:
    """What a join reads, with the log in two files as a lake would hold it."""
    folder.mkdir(parents=True, exist_ok=True)
    half = len(log) // 2
    files = (str(folder / "events-0.parquet"), str(folder / "events-1.parquet"))
    for file, part in zip(files, (log.slice(0, half), log.slice(half)), strict=True):
        pq.write_table(part, file)
    return Sources(files, members, catalogue, us(before), folder / "scratch")


def known(log: pa.Table, before: str) -> pa.Table:
    """What a night that ends then reads of a log."""
    kept = [
        row["event_time"] < time(before) and row["known_time"] < time(before)
        for row in log.to_pylist()
    ]
    return log.filter(pa.array(kept, pa.bool_())).select(EVENT_COLUMNS)


CATALOGUE = titles(
    {"title_id": "t0", "genres": ["Drama"], "year": 2026},
    {"title_id": "t1", "genres": ["Drama", "War"], "year": 1990},
    {"title_id": "t2", "genres": ["Comedy"], "year": 2025},
    {"title_id": "t3", "genres": None, "year": None},
    {"title_id": "t4", "genres": ["War", "Comedy", "Drama"], "year": 2040},
    *({"title_id": f"t{n}", "genres": ["Comedy"], "year": 2000 + n} for n in range(5, 12)),
)
MEMBERS = profiles(
    {"profile_id": "p0", "age_band": "20s", "occupation": "nurse"},
    {"profile_id": "p1"},
    *({"profile_id": f"p{n}", "age_band": "40s"} for n in range(2, 6)),
    {"profile_id": "new", "occupation": "artist"},  # never in any log
)
KINDS = ("play", "complete", "like", "dislike", "impression", "pause")


def random_log(seed: int, size: int = 400, days: int = 60) -> pa.Table:
    """Five profiles and twelve titles, with shared seconds, repeats and late news of every length."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(size):
        # hours and not seconds: many events of a profile share their time, and windows' very edges
        happened = START + timedelta(hours=int(rng.integers(days * 24 // 6) * 6))
        late = timedelta(hours=int(rng.choice([0, 0, 0, 0, 1, 30, 24 * 20])))
        rows.append({
            "event_id": str(number),
            "type": str(rng.choice(KINDS, p=[0.4, 0.2, 0.1, 0.1, 0.15, 0.05])),
            "profile_id": f"p{rng.integers(6)}",
            "title_id": f"t{min(rng.integers(12), rng.integers(12))}",
            "event_time": happened,
            "known_time": happened + late,
            "night": happened.date(),
        })  # fmt: skip
    return table(EVENTS, *rows)
