"""Keep what the local Airflow ran for a night that no command watches, such as one run in its UI."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psutil

from jobs.night import progress, show
from jobs.night.airflow_home import USER, airflow_home
from jobs.night.api import Airflow

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.settings import Settings


def keep_what_ran(settings: Settings, night: date) -> None:
    """Write VAR/nights/<night>.json from what Airflow says, where it runs beside us and knows."""
    told = settings.at("airflow", "running.json")
    if not told.exists():
        return
    ours = json.loads(told.read_text())
    if not psutil.pid_exists(ours["process"]):
        return
    home = airflow_home(settings, ours["port"])
    airflow = Airflow(home.address, USER, home.password)
    if not airflow.answers():
        return
    stands = progress.look(airflow, progress.plan(airflow, night))
    if stands.runs:
        show.keep(stands, settings.at("nights"), home.home / "logs")
