"""Bring the made service to where training begins, without Spark: events as they would be built, then the jobs."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from features import buckets
from jobs.events import build_profiles, build_titles
from jobs.features import build_features, build_title_pairs
from jobs.features.build_examples import examples_of
from lakehouse.catalog import EVENTS, TRAINING_EXAMPLES
from lakehouse.writing import arrow_schema
from tests.world import land_world

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.tables import Lake
    from tests.world import World

JOBS = (build_titles, build_profiles, build_features, build_title_pairs)


def land_events(lake: Lake, world: World) -> None:
    """The landed log as events: it holds no copy and nothing to reject."""
    land_world(lake.settings, world)
    (log,) = lake.settings.at("landing", "events").iterdir()
    schema = arrow_schema(EVENTS)
    rows = []
    for line in log.read_text().splitlines():
        said = json.loads(line)
        at = datetime.fromisoformat(said["event_time"])
        times = {"event_time": at, "known_time": at, "night": at.date()}
        rows.append({**dict.fromkeys(schema.names), **said, **times})
    lake.write_nights(
        EVENTS, pa.Table.from_pylist(rows, schema), sorted({row["night"] for row in rows})
    )


def make_tables(lake: Lake, night: date) -> None:
    """What a night has before its models are trained."""
    for job in JOBS:
        job.main(lake, night)
    lake.write(TRAINING_EXAMPLES, examples_of(lake, night, buckets.run_here), night)
