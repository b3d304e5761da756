"""A night on Airflow's own scheduler: it starts, fails, goes on, is killed, goes on, runs again.

Two DAGs of bash stand for the chain, so that the test is of the scheduler and not of the jobs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import psutil
import pytest
from rich.console import Console

from jobs.night import backfill as ranges
from jobs.night import progress
from jobs.night.run import NightFailed, follow
from jobs.night.services import services
from lakehouse.settings import Settings
from lakehouse.tables import Lake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jobs.night.progress import Look
    from jobs.night.services import Running

pytestmark = [pytest.mark.service, pytest.mark.timeout(600)]
NIGHT = date(1998, 4, 21)
DAG = """
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset, chain
from lakehouse.airflow_tasks import {names}
with DAG("{dag}", schedule={schedule}, max_active_runs=1):
    chain(
        BashOperator(
            task_id="work",
            # the clock's runs skip themselves here too: Airflow makes one soon after 03:00 UTC
            bash_command="test {{{{ dag_run.run_type.value }}}} != scheduled || exit 99; "
            "echo {{{{ partition_key }}}} >> {folder}/{dag}.ran; "
            "test ! -e {folder}/{dag}.fails && sleep $(cat {folder}/{dag}.sleeps || echo 0)",
        ),
        BashOperator(task_id="check", bash_command="true", outlets=[Asset("{dag}")]),
    )
"""
# what is killed: it runs the night as `marquee night` does, and can end nothing itself
VICTIM = """
import sys
from datetime import date
from pathlib import Path
from rich.console import Console
from jobs.night import progress
from jobs.night.run import follow
from jobs.night.services import services
from lakehouse.settings import Settings
settings = Settings(var=sys.argv[1], spark_remote="sc://nowhere:1")
with services(settings, "night", Path(sys.argv[1], "dags")) as running:
    plan = progress.plan(running.airflow, date(1998, 4, 23))
    progress.set_going(running.airflow, plan, again=False)
    follow(running, plan, Console())
"""


def made(var: Path) -> Path:
    """A var folder with two DAGs, the second after the first; no job needs Spark."""
    (var / "dags").mkdir()
    for dag, schedule, names in (
        ("events_daily", "nightly()", "nightly"),
        ("features_daily", "after(model('x'))", "after, model"),
    ):
        text = DAG.format(dag=dag, schedule=schedule, names=names, folder=var)
        text = text.replace('Asset("events_daily")', 'Asset("model.x")')
        (var / "dags" / f"{dag}.py").write_text(text)
    return var


@dataclass(frozen=True)
class Killed:
    """What was left of a night whose command was killed while its first task ran."""

    folder: Path
    alive: list[psutil.Process]
    """What it had started and ran on for 30 seconds more"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """A var folder whose first night was killed."""
    folder = made(tmp_path_factory.mktemp("var"))
    (folder / "events_daily.sleeps").write_text("600")
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(folder)], stdout=subprocess.DEVNULL, env=dict(os.environ)
    )
    while not ran(folder, "events_daily"):
        assert victim.poll() is None
        time.sleep(0.2)
    below = psutil.Process(victim.pid).children(recursive=True)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    alive = psutil.wait_procs(below, timeout=30)[1]
    (folder / "events_daily.sleeps").write_text("0")
    return Killed(folder, alive)


@pytest.fixture(scope="module")
def folder(killed: Killed) -> Path:
    """The var folder of one Airflow for all tests."""
    return killed.folder


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    """That Airflow, running again."""
    settings = Settings(var=str(folder), spark_remote="sc://nowhere:1")
    with services(settings, "night", folder / "dags") as found:
        yield found


def go(running: Running, night: date, again: bool = False) -> tuple[str, Look]:
    plan = progress.plan(running.airflow, night)
    said = progress.set_going(running.airflow, plan, again)
    time.sleep(1)
    return said, follow(running, plan, Console())


def ran(folder: Path, dag: str, night: date | None = None) -> list[str]:
    """The nights for which the work of a DAG ran, in order, or those times of one night."""
    file = folder / f"{dag}.ran"
    nights = file.read_text().split() if file.exists() else []
    return [one for one in nights if night is None or one == str(night)]


def test_a_killed_night_leaves_nothing_running_and_goes_on(
    killed: Killed, running: Running
) -> None:
    assert not killed.alive
    said, look = go(running, date(1998, 4, 23))
    assert (said, look.done) == ("goes on where it was left", True)
    assert ran(killed.folder, "features_daily") == ["1998-04-23"]


def test_a_night_starts_fails_goes_on_and_runs_again(folder: Path, running: Running) -> None:
    (folder / "features_daily.fails").touch()
    said, look = go(running, NIGHT)
    assert said == "starts"
    assert [(task.dag, task.name) for task in look.failed_tasks] == [("features_daily", "work")]
    assert not look.done

    (folder / "features_daily.fails").unlink()
    said, look = go(running, NIGHT)
    assert (said, look.done) == ("goes on where it was left", True)
    # what had succeeded did not run a second time, and the night was the same for all
    assert ran(folder, "events_daily", NIGHT) == ["1998-04-21"]
    assert ran(folder, "features_daily", NIGHT) == ["1998-04-21"] * 2

    said, look = go(running, NIGHT)
    assert (said, look.done) == ("runs again", True)
    assert ran(folder, "events_daily", NIGHT) == ["1998-04-21"] * 2
    assert ran(folder, "features_daily", NIGHT) == ["1998-04-21"] * 3


def test_another_night_runs_from_the_middle_of_the_chain(folder: Path, running: Running) -> None:
    before = ran(folder, "events_daily")
    plan = progress.plan(running.airflow, date(1998, 4, 22), "features_daily")
    assert list(plan.tasks) == ["features_daily"]
    progress.set_going(running.airflow, plan, again=True)
    assert follow(running, plan, Console()).done
    assert ran(folder, "features_daily")[-1] == "1998-04-22"
    assert ran(folder, "events_daily") == before


def test_a_backfill_runs_night_by_night_and_stops_at_the_first_that_fails(
    folder: Path, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "services", lambda *_: nullcontext(running))
    lake = Lake(Settings(var=str(folder)))
    nights = [date(1998, 4, day) for day in (24, 25, 26)]
    told = Console(record=True, width=200)
    ranges.backfill(lake, "features_daily", nights[:2], told)
    assert ran(folder, "features_daily")[-2:] == ["1998-04-24", "1998-04-25"]
    assert "features_daily and what comes after it ran for 2 nights." in told.export_text()

    (folder / "features_daily.fails").touch()
    with pytest.raises(NightFailed, match=r"features_daily\.work failed, so night 1998-04-25"):
        ranges.backfill(lake, "features_daily", nights[1:], told)
    (folder / "features_daily.fails").unlink()
    assert ran(folder, "features_daily")[-1] == "1998-04-25"
    kept = json.loads((folder / "nights" / "1998-04-25.json").read_text())
    assert [task["state"] for task in kept["tasks"]] == ["failed", "upstream_failed"]


def test_everything_listens_on_loopback_alone(running: Running) -> None:
    listening = {
        told.laddr.ip.removeprefix("::ffff:")
        for kept in running.kept
        for process in psutil.Process(kept.process.pid).children(recursive=True)
        for told in process.net_connections()
        if told.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}
