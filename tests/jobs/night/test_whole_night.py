"""A whole night of a small made service, through Airflow, with the command that people use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from jobs.events.land import landed_nights
from jobs.maintain.compact_tables import readable
from lakehouse.catalog import PAGES, PROFILES, TABLES, TITLE_TABLES, VERSIONS
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from serving_export.reader import Pages
from tests.world import World, land_world

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.timeout(1200)]


def listening(top: psutil.Process) -> set[tuple[str, str]]:
    """Every address that a process below this one listens on, with the kind of the process."""
    found = set()
    for process in top.children(recursive=True):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            kind = "spark" if process.name() == "java" else "python"
            found |= {
                (kind, told.laddr.ip.removeprefix("::ffff:"))
                for told in process.net_connections()
                if told.status == psutil.CONN_LISTEN
            }
    return found


def night(var: Path, *arguments: str) -> tuple[str, set[tuple[str, str]]]:
    """Run `marquee night` to its end; what it printed, and all that was listened on meanwhile."""
    said = var / "said.txt"
    with said.open("w") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "jobs", "night", *arguments],
            env={**os.environ, "MARQUEE_VAR": str(var), "COLUMNS": "200"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        heard: set[tuple[str, str]] = set()
        while running.poll() is None:
            with suppress(psutil.NoSuchProcess):
                heard |= listening(psutil.Process(running.pid))
            time.sleep(1)
    assert running.returncode == 0, said.read_text()
    return said.read_text(), heard


def test_a_night_from_landed_logs_to_live_pages_and_then_nothing_is_left(tmp_path: Path) -> None:
    settings = Settings(var=str(tmp_path))
    land_world(settings, World(profiles=60, titles=80, nights=45))
    lake = Lake(settings)
    last = landed_nights(lake)[-1]

    said, heard = night(tmp_path, last.isoformat())
    assert f"Night {last} is live after" in said
    assert heard == {("spark", "127.0.0.1"), ("python", "127.0.0.1")}
    nightly = set(TABLES) - set(TITLE_TABLES)
    empty = {table.name for table in nightly if not lake.row_counts(table).get(last)}
    assert empty <= {"silver.rejected_events", "gold.filter_counts"}, said
    assert told(tmp_path, last) == {"success"}
    assert settings.at("report", "index.html").exists()

    # every profile has a page, and an app reads it as the night made it
    profiles = lake.arrow(PROFILES, last)["profile_id"].to_pylist()
    assert set(profiles) <= set(lake.arrow(PAGES, last)["profile_id"].to_pylist())
    answer = Pages.open(settings.pages).get(profiles[0])
    assert str(answer.page.night) == str(last)
    assert answer.page.rows

    # what these pages rest on is known to maintenance, which never removes it
    nights, rest = readable(lake)
    assert nights == lake.nights(VERSIONS) == [last]
    assert rest[PAGES.name] == {lake.version(PAGES)}
    weekly = json.loads(settings.at("maintenance", f"{last}.json").read_text())
    assert not weekly["kept"]

    said, heard = night(tmp_path)
    assert said == f"Nothing left: every night up to {last} is published.\n"
    assert heard == set()  # and nothing was started to find that out


def told(var: Path, when: object) -> set[str]:
    """The states of all tasks of a night."""
    tasks = json.loads((var / "nights" / f"{when}.json").read_text())["tasks"]
    assert len(tasks) > 20
    return {task["state"] for task in tasks}
