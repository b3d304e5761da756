"""Run one night to its end, watched; say what failed and how to go on."""

from __future__ import annotations

import importlib
import os
import sys
import time
from typing import TYPE_CHECKING

from jobs.night import progress, show
from jobs.night.services import services
from lakehouse.catalog import PROFILES, TABLES
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from rich.console import Console

    from jobs.night.progress import Look, Plan
    from jobs.night.services import Running
    from lakehouse.tables import Lake

STALL_SECONDS = 120.0
"""Between two DAGs nothing runs for about a second; a restarted scheduler needs 30 to take over."""


class NightFailed(MarqueeError):
    """A task of the night failed."""

    def __init__(self, look: Look, log: Path) -> None:
        names = ", ".join(f"{task.dag}.{task.name}" for task in look.failed_tasks)
        night = look.plan.night
        super().__init__(
            f"{names} failed, so night {night} stopped there and the pages that are live stay "
            f"live: mend the cause (log: {log}) and make night NIGHT={night} goes on from there."
        )


class NightStalled(MarqueeError):
    """Nothing runs, and the night is not at its end."""

    def __init__(self, night: date, waiting: list[str]) -> None:
        super().__init__(
            f"Nothing of night {night} has run for {STALL_SECONDS:.0f} seconds and "
            f"{', '.join(waiting)} did not start: look at it with make ui, or run the whole "
            f"night again with marquee night {night} --again."
        )


def run_night(lake: Lake, night: date, console: Console, again: bool = False) -> None:
    """Run the night through Airflow, then build the report, also of a night that failed.

    Raises NightFailed, NightStalled, or what kept the services from starting.
    """
    began = time.monotonic()
    console.print("Spark and Airflow start, which takes half a minute.")
    try:
        with services(lake.settings, "night") as running:
            console.print(f"Airflow runs at {running.home.address} while the night does.")
            plan = progress.plan(running.airflow, night)
            console.print(f"Night {night} {progress.set_going(running.airflow, plan, again)}.")
            look = follow(running, plan, console)
            show.keep(look, lake.settings.at("nights"), running.home.home / "logs")
    except (KeyboardInterrupt, SystemExit):
        console.print(f"Stopped: make night NIGHT={night} goes on from here.", style="yellow")
        raise
    if look.failed:
        log = failed_log(look, lake.settings.at("airflow", "logs"), console)
        report(lake, night)
        console.print(f"The report:  {lake.settings.at('report', 'index.html')}", soft_wrap=True)
        raise NightFailed(look, log)
    report(lake, night)
    tell(lake, night, console, time.monotonic() - began)


def report(lake: Lake, night: date) -> None:
    """Build the report of the night as it stands."""
    importlib.import_module("jobs.report.build_report").main(lake, night)


def follow(running: Running, plan: Plan, console: Console) -> Look:
    """Show the night until it is done or has failed."""
    stands = progress.look(running.airflow, plan)
    moved = time.monotonic()
    with show.Screen(console) as screen:
        while not (stands.done or stands.failed):
            running.require_alive()
            screen.show(stands)
            time.sleep(1.0)
            before, stands = stands, progress.look(running.airflow, plan, stands)
            if stands.moving or stands.runs != before.runs:
                moved = time.monotonic()
            elif time.monotonic() - moved > STALL_SECONDS:
                raise NightStalled(plan.night, sorted(plan.tasks.keys() - stands.runs.keys()))
        screen.show(stands)
    return stands


def failed_log(look: Look, logs: Path, console: Console) -> Path:
    """Print what the first failed task said last; gives its whole log."""
    task = look.failed_tasks[0]
    log = show.log_file(logs, task)
    console.rule(f"the last lines of {task.dag}.{task.name}", align="left", style="red")
    for line in show.last_lines(log):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.rule(style="red")
    return log


def tell(lake: Lake, night: date, console: Console, seconds: float) -> None:
    """Print what the night made and where to look."""
    console.print(f"Night {night} is live after {seconds:.0f} s. Made for it:")
    for table in TABLES:
        if rows := lake.row_counts(table).get(night, 0):
            line = f"{rows:>9,}  {table.name:<24}{table.meaning}"
            console.print(line, highlight=False, no_wrap=True, overflow="ellipsis")
    profiles = lake.arrow(PROFILES, night, ["profile_id"])["profile_id"]
    some = sorted(profiles.to_pylist(), key=lambda name: (len(name), name))[:1] or ["''"]
    command = os.path.relpath(sys.argv[0])  # as it was called: .venv is not on everyone's path
    console.print(f"A page:      {command} page --profile {some[0]}", soft_wrap=True)
    console.print(f"The report:  {lake.settings.at('report', 'index.html')}", soft_wrap=True)
    console.print("Side by side with Airflow, MLflow and the checks:  make ui", highlight=False)
