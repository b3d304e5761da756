"""Run a night's titles through Airflow's own scheduler, watched, and say what came of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jobs.encode.order import orders
from jobs.encode.show import tell_titles
from jobs.encode.taking_in import SUPERSEDED, NotMade
from jobs.night import progress, run, show
from jobs.night.services import services
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date
    from pathlib import Path

    from rich.console import Console

    from jobs.night.progress import Look
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

DAG = "encode_titles_daily"


class TitlesFailed(MarqueeError):
    """A task of the titles' DAG failed."""

    def __init__(self, look: Look, log: Path) -> None:
        names = ", ".join(sorted({f"{task.dag}.{task.name}" for task in look.failed_tasks}))
        super().__init__(
            f"{names} failed, so the titles of {look.plan.night} stopped there and what plays goes "
            f"on playing: mend the cause (log: {log}) and call again; it goes on from there."
        )


def run_titles(lake: Lake, night: date, titles: Collection[str], console: Console) -> None:
    """Run the DAG for a night; raises TitlesFailed, NotMade, or what kept the services from starting.

    A run is started anew each time: what was made before is found in the workshops, in a moment.
    """
    began = time.monotonic()
    console.print("Airflow starts, which takes half a minute.")
    with services(lake.settings, "encode", spark=False) as running:
        console.print(f"Airflow runs at {running.home.address} while the titles are made.")
        plan = progress.plan(running.airflow, night, DAG)
        progress.set_going(running.airflow, plan, again=True)
        look = run.follow(running, plan, console)
        show.keep(look, lake.settings.at("titles", "runs"), running.home.home / "logs")
    if look.failed:
        raise TitlesFailed(look, run.failed_log(look, lake.settings.at("airflow", "logs"), console))
    console.print(f"Made in {time.monotonic() - began:.0f} s.")
    tell_titles(lake.settings, console, titles)
    require_made(lake.settings, titles)


def require_made(settings: Settings, titles: Collection[str]) -> None:
    """Raise NotMade where some of these titles were set aside, or erased while they were made."""
    refused = {order.title_id: order.refused for order in orders(settings)}
    if reasons := {title: why for title in titles if (why := refused.get(title, SUPERSEDED))}:
        raise NotMade(reasons)
