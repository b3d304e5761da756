"""Every job of a night keeps to its DAG; the same night is the same, wherever and however often."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from lakehouse import spark_server
from lakehouse.catalog import PAGES, PLAYABLE_TITLES, TABLES, VERSIONS, Table
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from lakehouse.writing import arrow_schema
from serving_export.content_hash import content_hash
from serving_export.manifest import manifest_of
from serving_export.stores.store import open_store
from tests.chain import ORDER, ROOT, commands, jobs
from tests.recorded import NOTES
from tests.world import LAST_NIGHT, World, land_world

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.spark_server import SparkServer
    from serving_export.manifest import Manifest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


PLAYING = {f"t{code}" for code in range(60) if code % 6}
"""Five of six titles of the world, so that the job which reads what plays reads it."""


def chain(var: Path, server: SparkServer) -> subprocess.Popen[str]:
    """Start all jobs of the last night in a var folder, on a server that others work on, too."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.recorded", LAST_NIGHT.isoformat(), *jobs()],
        # outside of git the code counts as its release: someone may commit while this runs
        env={
            **os.environ, **server.environment, "MARQUEE_VAR": str(var),
            "MARQUEE_UNPLAYABLE": "remove", "GIT_DIR": os.devnull,
        },
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def made(lake: Lake) -> tuple[Manifest, dict[str, str]]:
    """The manifest of the one live version, and the hash of each table's content."""
    (entry,) = open_store(lake.settings.pages).board().entries
    assert entry.state == "live"
    hashes = {
        table.name: content_hash(
            lake.arrow(table), (*dict.fromkeys((*table.one_row_per, "night")),)
        )
        for table in TABLES
        if lake.exists(table)
    }
    return manifest_of(open_store(lake.settings.pages).source(entry.version)), hashes


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Lake]:
    """Two lakes of the same night; in one of them two runs made it at once."""
    place = tmp_path_factory.mktemp("lakes")
    found = {name: Lake(Settings(var=str(place / name))) for name in ("alone", "twice")}
    for lake in found.values():
        land_world(lake.settings, World(profiles=60, titles=60, nights=30))
        playing = [{"title_id": title} for title in sorted(PLAYING)]
        schema = pa.schema(
            [field for field in arrow_schema(PLAYABLE_TITLES) if field.name != "night"]
        )
        lake.write(PLAYABLE_TITLES, pa.Table.from_pylist(playing, schema), LAST_NIGHT)
    server = spark_server.own(Settings(var=str(place)))
    running = [chain(place / name, server) for name in ("alone", "twice", "twice")]
    said = [one.communicate()[0] for one in running]
    assert [one.returncode for one in running] == [0, 0, 0], "\n\n".join(said)
    return found


def test_each_job_reads_and_writes_what_its_dag_declares(lakes: dict[str, Lake]) -> None:
    seen = json.loads(lakes["alone"].settings.at(NOTES).read_text())
    assert list(seen) == jobs()
    for task in (task for stem in ORDER for task in commands(stem, "job")):
        reads, writes = (
            {thing.name for thing in things if isinstance(thing, Table)}
            for things in (task.reads, task.writes)
        )
        told = seen[task.arguments[1]]
        if task.task_id != "compact_tables":  # it tends to every table
            # on a first night there is nothing yet of what a job keeps for itself
            assert set(told["reads"]) | (reads & writes) == reads, task.task_id
            assert set(told["writes"]) == writes, task.task_id


def test_no_page_shows_a_title_that_does_not_play(lakes: dict[str, Lake]) -> None:
    pages = lakes["alone"].arrow(PAGES, LAST_NIGHT)["rows"].to_pylist()
    shown = {title for page in pages for row in page for title in row["title_ids"]}
    assert len(shown) > 10
    assert shown <= PLAYING


def test_two_empty_lakes_and_two_runs_at_once_give_the_same_stamp(lakes: dict[str, Lake]) -> None:
    (alone, tables), (twice, tables_twice) = (made(lake) for lake in lakes.values())
    assert alone.content == twice.content
    assert alone.stamp == twice.stamp
    assert alone.content["gate"]["passed"]  # trained models went in, not popular pages alone
    assert tables == tables_twice  # VERSIONS too: it names the stamp
    assert lakes["twice"].row_counts(VERSIONS) == {LAST_NIGHT: 1}
