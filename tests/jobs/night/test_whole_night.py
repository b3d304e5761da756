"""A whole night of a small made service, through Airflow, with the command that people use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import nullcontext, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import psutil
import pytest
from rich.console import Console

from jobs.events.land import landed_nights
from jobs.maintain.compact_tables import readable
from jobs.night import run as nights
from jobs.night.run import NightFailed, run_night
from jobs.night.services import services
from lakehouse.catalog import PAGES, PROFILES, TABLES, TITLE_TABLES, VERSIONS
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from serving_export.content_hash import content_hash
from serving_export.reader import Pages
from serving_export.stores.store import open_store
from tests.jobs.night.small_chain import clear, newest, until
from tests.world import World, land_world

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from jobs.night.services import Running

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.timeout(1200)]


CLEARED = ("recommend_nightly", "export_pages_nightly", "maintain_tables_weekly")
"""What runs again where the pages of a night are made again."""


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


def test_a_night_from_logs_to_live_pages_then_none_is_left_one_is_cleared_and_one_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # outside of git the code counts as its release: someone may commit while this runs
    monkeypatch.setenv("GIT_DIR", os.devnull)
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
    in_use, rest = readable(lake)
    assert in_use == lake.nights(VERSIONS) == [last]
    assert rest[PAGES.name] == {lake.version(PAGES)}
    assert not json.loads(settings.at("maintenance", f"{last}.json").read_text())["kept"]

    said, heard = night(tmp_path)
    assert said == f"Nothing left: every night up to {last} is published.\n"
    assert heard == set()  # and nothing was started to find that out

    with services(settings, "night") as running:
        monkeypatch.setattr(nights, "services", lambda *_: nullcontext(running))
        a_finished_task_is_cleared(running, lake, last)
        a_broken_check_stops_the_night(running, lake, last + timedelta(days=1))


def a_finished_task_is_cleared(running: Running, lake: Lake, last: date) -> None:
    """As in Airflow's UI, where no command watches: it and all behind it run, and nothing changes."""
    before, kept = made(lake), lake.settings.at("nights", f"{last}.json")
    report = lake.settings.at("report", f"{last}.html")
    kept.unlink()
    report.unlink()
    clear(running, newest(running, "recommend_nightly", last), "build_pages")
    ended = newest(running, "maintain_tables_weekly", last)

    def done() -> bool:
        runs = [newest(running, dag, last) for dag in CLEARED]
        assert "failed" not in {run.state for run in runs}
        return runs[-1].id != ended.id and {run.state for run in runs} == {"success"}

    until(done, 300)
    assert made(lake) == before
    # the chain itself told what ran and built the report
    assert json.loads(kept.read_text())["tasks"]
    assert "The night is live." in report.read_text()


def a_broken_check_stops_the_night(running: Running, lake: Lake, night: date) -> None:
    """A title that leaves before it comes: nothing behind its check runs, and the report says why."""
    file = lake.settings.at("landing", "titles", "titles-0002-broken.jsonl")
    title = {"title_id": "t0", "available_from": "2026-02-09", "available_until": "2026-02-01"}
    file.write_text(json.dumps(title) + "\n")
    said = Console(record=True, width=300)
    with pytest.raises(NightFailed) as failed:
        run_night(lake, night, said)
    assert str(failed.value).startswith("events_daily.check_titles failed, so night")
    assert "No title ends being available before it begins" in said.export_text()
    time.sleep(5)  # five times what a DAG takes to follow another
    assert {run.dag for run in running.airflow.runs(night)} == {"events_daily"}
    html = lake.settings.at("report", "index.html").read_text()
    assert "A check stopped the night: silver.titles." in html
    assert f"The pages of {night - timedelta(days=1)} stay live" in html


def made(lake: Lake) -> tuple[dict[str, str], object]:
    """The hash of each table's content, and what the store of pages holds."""
    hashes = {
        table.name: content_hash(lake.arrow(table), tuple(dict.fromkeys((*table.one_row_per, "night"))))
        for table in TABLES
        if lake.exists(table)
    }  # fmt: skip
    return hashes, open_store(lake.settings.pages).board()


def told(var: Path, when: object) -> set[str]:
    """The states of all tasks of a night."""
    tasks = json.loads((var / "nights" / f"{when}.json").read_text())["tasks"]
    assert len(tasks) > 20
    return {task["state"] for task in tasks}
