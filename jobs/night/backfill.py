"""Run a DAG and what comes after it for a range of nights, one night after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from typing import TYPE_CHECKING

from rich.table import Table

from jobs.night import progress, show
from jobs.night.airflow_home import ROOT, airflow_home
from jobs.night.run import NightFailed, failed_log, follow, report
from jobs.night.services import services
from lakehouse.catalog import EVENTS, VERSIONS
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from rich.console import Console

    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

PUBLISHES = "export_pages_nightly"


class UnknownDag(MarqueeError):
    """A DAG was named that is not there."""

    def __init__(self, name: str) -> None:
        known = ", ".join(sorted(file.stem for file in (ROOT / "dags").glob("*.py")))
        super().__init__(f"There is no DAG {name!r}, so nothing ran: name one of {known}.")


class EmptyRange(MarqueeError):
    """A range of nights ends before it begins."""

    def __init__(self, first: date, last: date) -> None:
        super().__init__(
            f"The range from {first} to {last} holds no night, so nothing ran: "
            "give the earlier night first; both ends are run."
        )


def nights_between(first: date, last: date) -> list[date]:
    """Every night of the range, both ends included; raises EmptyRange if there is none."""
    nights = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    if not nights:
        raise EmptyRange(first, last)
    return nights


def require_dag(name: str) -> None:
    """Raise UnknownDag unless dags/ holds it."""
    if not (ROOT / "dags" / f"{name}.py").exists():
        raise UnknownDag(name)


def backfill(lake: Lake, dag: str, nights: list[date], console: Console) -> None:
    """Run the DAG and all that comes after it for each night, then build that night's report.

    Stops at the first that fails, whose report is built, too.

    A night that is newer than these stays live: the pages of an older night become a backup.
    """
    home = lake.settings.at("airflow")
    with services(lake.settings, "backfill") as running:
        for night in nights:
            plan = progress.plan(running.airflow, night, dag)
            how = progress.set_going(running.airflow, plan, again=True)
            console.print(f"{dag} {how} for night {night}.")
            look = follow(running, plan, console)
            show.keep(look, lake.settings.at("nights"), home / "logs")
            if PUBLISHES in plan.tasks:  # else there is nothing of it in a report
                report(lake, night)
            if look.failed:
                raise NightFailed(look, failed_log(look, home / "logs", console))
    console.print(f"{dag} and what comes after it ran for {len(nights)} nights.")


def planned(lake: Lake, dag: str, nights: list[date]) -> Table:
    """What a backfill would run, as a table; nothing is started for it."""
    edges = followers(lake.settings)
    chain = [dag]
    for reached in chain:
        chain += [dag for dag in edges[reached] if dag not in chain]
    events, published = lake.row_counts(EVENTS), set(lake.nights(VERSIONS))
    shown = Table("night", "events known", "published", "runs, in this order", box=None)
    for night in nights:
        word = "yes" if night in published else "no"
        shown.add_row(str(night), f"{events.get(night, 0):,}", word, ", ".join(chain))
    return shown


def followers(settings: Settings) -> dict[str, list[str]]:
    """Each DAG and those that come after it, as a process that may import Airflow reads them."""
    home = airflow_home(settings, 0)
    quiet = {"AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING"}
    line = [sys.executable, "-m", "lakehouse.airflow_tasks", str(home.dags)]
    done = subprocess.run(  # noqa: S603
        line, env=os.environ | home.environment | quiet, capture_output=True, text=True, check=True
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found
