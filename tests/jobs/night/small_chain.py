"""Two DAGs of bash that stand for the chain, an Airflow for them, and what became of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil
from rich.console import Console

from jobs.night import progress
from jobs.night.run import follow
from tests.processes import outlived

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from jobs.night.api import Run
    from jobs.night.progress import Look
    from jobs.night.services import Running

DAG = """
from datetime import timedelta
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset, chain
from lakehouse.airflow_tasks import {names}
with DAG("{dag}", schedule={schedule}, max_active_runs=1):
    chain(
        BashOperator(
            task_id="work",
            # as each job of a night is: a task whose scheduler was killed may count as failed once
            retries={retries},
            retry_delay=timedelta(seconds=1),
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
    for dag, schedule, names, retries in (
        ("events_daily", "nightly()", "nightly", 1),
        ("features_daily", "after(model('x'))", "after, model", 0),  # the one that is made to fail
    ):
        text = DAG.format(dag=dag, schedule=schedule, names=names, retries=retries, folder=var)
        text = text.replace('Asset("events_daily")', 'Asset("model.x")')
        (var / "dags" / f"{dag}.py").write_text(text)
    return var


@dataclass(frozen=True)
class Killed:
    """What was left of a night whose command was killed while its first task ran."""

    folder: Path
    alive: list[psutil.Process]
    """What it had started and ran on for a minute more"""


def killed_night(folder: Path) -> Killed:
    """Run the first night of a folder and kill its command."""
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
    alive = outlived(below)
    (folder / "events_daily.sleeps").write_text("0")
    return Killed(folder, alive)


def go(running: Running, night: date, again: bool = False) -> tuple[str, Look]:
    """Set a night going and follow it to its end."""
    plan = progress.plan(running.airflow, night)
    said = progress.set_going(running.airflow, plan, again)
    time.sleep(1)
    return said, follow(running, plan, Console())


def ran(folder: Path, dag: str, night: date | None = None) -> list[str]:
    """The nights for which the work of a DAG ran, in order, or those times of one night."""
    file = folder / f"{dag}.ran"
    nights = file.read_text().split() if file.exists() else []
    return [one for one in nights if night is None or one == str(night)]


def clear(running: Running, run: Run, task: str) -> None:
    """Clear a task and what comes after it in its run, as the button of Airflow's UI does."""
    body: dict[str, Any] = {
        "dry_run": False, "only_failed": False, "dag_run_id": run.id, "task_ids": [task],
        "include_downstream": True, "reset_dag_runs": True,
    }  # fmt: skip
    running.airflow._post(f"/api/v2/dags/{run.dag}/clearTaskInstances", body)


def newest(running: Running, dag: str, night: date) -> Run:
    """The newest run of a DAG for a night."""
    return next(run for run in running.airflow.runs(night) if run.dag == dag)


def until(done: Any, seconds: float = 120.0) -> None:
    """Wait for what is to come; fails where it does not."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.5)
