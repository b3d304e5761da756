"""The same night made twice is the same, wherever it is made and however often at once."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lakehouse.catalog import TABLES, VERSIONS
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from serving_export.content_hash import content_hash
from serving_export.manifest import manifest_of
from serving_export.stores.store import open_store
from tests.chain import ROOT, jobs
from tests.world import LAST_NIGHT, World, land_world

if TYPE_CHECKING:
    from pathlib import Path

    from serving_export.manifest import Manifest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
# each job as `marquee job` runs it, in one process to save the start of TensorFlow and Spark
CHAIN = """
import sys
from jobs.__main__ import job, leave
for name in sys.argv[2:]:
    job(name, sys.argv[1])
leave(0)
"""


def chain(var: Path) -> subprocess.Popen[str]:
    """Start all jobs of the last night in a var folder."""
    return subprocess.Popen(
        [sys.executable, "-c", CHAIN, LAST_NIGHT.isoformat(), *jobs()],
        # outside of git the code counts as its release: someone may commit while this runs
        env={**os.environ, "MARQUEE_VAR": str(var), "GIT_DIR": os.devnull},
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


def test_two_empty_lakes_and_two_runs_at_once_give_the_same_stamp(tmp_path: Path) -> None:
    lakes = {name: Lake(Settings(var=str(tmp_path / name))) for name in ("alone", "twice")}
    for lake in lakes.values():
        land_world(lake.settings, World(profiles=60, titles=60, nights=30))
    running = [chain(tmp_path / "alone"), *(chain(tmp_path / "twice") for _ in range(2))]
    said = [one.communicate()[0] for one in running]
    assert [one.returncode for one in running] == [0, 0, 0], "\n\n".join(said)

    (alone, tables), (twice, tables_twice) = (made(lake) for lake in lakes.values())
    assert alone.content == twice.content
    assert alone.stamp == twice.stamp
    assert alone.content["gate"]["passed"]  # trained models went in, not popular pages alone
    assert tables == tables_twice  # VERSIONS too: it names the stamp
    assert lakes["twice"].row_counts(VERSIONS) == {LAST_NIGHT: 1}
