"""A lake of a few sound rows in each table; a test plants one fault and looks what is said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from lakehouse.catalog import TABLES, Table
from tests.conftest import NIGHT

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from lakehouse.tables import Lake
    from tests.conftest import Rows

    Plant = Callable[..., None]

AT = datetime(2026, 1, 10, 12, tzinfo=UTC)
Row = dict[str, Any]

EVENT: Row = {
    "event_id": "e1", "type": "complete", "profile_id": "p1", "title_id": "t1",
    "event_time": AT, "known_time": AT,
}  # fmt: skip
PROFILE_FEATURE: Row = {
    "profile_id": "p1", "plays_7d": 1.0, "plays_30d": 2.0, "plays_90d": 2.0, "like_share": 0.5,
    "genre_affinities": [("Comedy", 0.25), ("Drama", 0.75)], "days_since_last_play": 3.0,
    "novelty_appetite": 0.0, "age_band": "25-34", "occupation": "writer", "last_titles": ["t1"],
}  # fmt: skip
TITLE_FEATURE: Row = {
    "title_id": "t1", "title_plays_1d": 0.0, "title_plays_7d": 1.0, "title_plays_30d": 3.0,
    "title_trend": -0.2, "title_like_share": 0.5, "title_age_years": 3.0, "genres": ["Comedy"],
    "year": 1995,
}  # fmt: skip
EXAMPLE: Row = PROFILE_FEATURE | TITLE_FEATURE | {
    "at": AT, "origin": "watched", "watched": True, "completed": True, "genre_match": 1.0,
    "co_watch_score": 0.1, "transition_score": 0.0, "times_seen": 0.0, "weekday": 1, "hour": 12,
}  # fmt: skip
SHELF: Row = {
    "name": "Top picks", "source": "top_picks", "because_of": None,
    "title_ids": [f"t{n}" for n in range(1, 11)], "source_bits": [1] * 10,
    "propensities": [1.0] * 10,
}  # fmt: skip
RENDITION: Row = {
    "title_id": "bikes", "sha256": "r", "codec": "h264", "kbps": 300.0, "peak_kbps": 400.0,
    "vmaf_predicted": 95.0, "vmaf": 95.4, "ships": True,
}  # fmt: skip
PLAYABLE: Row = {
    "title_id": "bikes", "version": "v", "protect": "cbcs", "renditions": 3, "bytes": 400_000,
}  # fmt: skip

SOUND: dict[str, list[Row]] = {
    "bronze.landed": [
        {"file": "a.jsonl", "file_hash": "f", "line": n, "raw": "{}", "landed_for": NIGHT}
        for n in range(20)
    ],
    "silver.events": [EVENT, EVENT | {"event_id": "e2", "type": "search", "title_id": None}],
    "silver.rejected_events": [
        {"reason": "It has no type.", "raw": "{}", "file": "a.jsonl", "file_hash": "f", "line": 3}
    ],
    "silver.event_counts": [{"landed": 20, "events": 2, "rejected": 1, "duplicates": 17}],
    "silver.titles": [
        {"title_id": f"t{n}", "name": f"Title {n}", "year": 1995, "genres": ["Comedy"]}
        for n in range(1, 11)
    ],
    "silver.profiles": [{"profile_id": "p1"}, {"profile_id": "p2"}],
    "gold.profile_features": [PROFILE_FEATURE],
    "gold.title_features": [TITLE_FEATURE],
    "gold.co_watches": [{"title_id": "t1", "other_title_id": "t2", "score": 0.5}],
    "gold.transitions": [{"title_id": "t1", "next_title_id": "t2", "score": 2.0}],
    "gold.training_examples": [
        EXAMPLE,
        EXAMPLE | {"title_id": "t2", "origin": "sampled", "watched": False, "completed": None},
    ],
    "gold.title_vectors": [
        {"title_id": f"t{n}", "vector": [0.6, 0.8], "model_hash": "m"} for n in (1, 2)
    ],
    "gold.pages": [
        {"profile_id": "", "region": "", "popular": True, "rows": [SHELF]},
        {"profile_id": "p1", "region": "", "popular": False, "rows": [SHELF]},
    ],
    "gold.filter_counts": [{"filter": "watched", "candidates": 1000, "removed": 200}],
    "gold.source_counts": [{"source": "two_tower", "candidates": 9, "only_here": 3, "slots": 5}],
    "silver.masters": [
        {
            "title_id": "bikes",
            "file": "bikes.mp4",
            "master_sha256": "m",
            "state": "accepted",
            "width": 640,
            "height": 272,
            "frames": 250,
            "codecs": ["h264"],
            "protect": "cbcs",
        },
        {
            "title_id": "text",
            "file": "text.mp4",
            "state": "refused",
            "reason": "It is no video.",
            "protect": "cbcs",
        },
    ],
    "silver.shots": [
        {"title_id": "bikes", "master_sha256": "m", "shot": 0, "first_frame": 0, "frames": 250}
    ],
    "gold.probes": [
        {
            "title_id": "bikes",
            "master_sha256": "m",
            "codec": "h264",
            "shot": 0,
            "width": 640,
            "height": 272,
            "crf": 22.0,
            "bits": 1000,
            "frames": 250,
            "vmaf": 95.0,
        }
    ],
    "gold.renditions": [RENDITION],
    "gold.playable_titles": [PLAYABLE],
    "gold.versions": [
        {"version": "v1", "stamp": "0" * 32, "pages": 2, "page_bytes": 99, "state": "live"}
    ],
}


@pytest.fixture
def plant(lake: Lake, rows: Rows) -> Plant:
    """`plant({TABLE: [{...}]})`: sound rows in every table but these."""

    def write(faulty: dict[Table, list[Row]] | None = None, night: date = NIGHT) -> None:
        for table in TABLES:
            planted = (faulty or {}).get(table, SOUND[table.name])
            lake.write(table, rows(table, *planted, night=night), night)

    return write
