"""Offer `marquee night`, `marquee ui` and `marquee backfill`."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer


def night(
    night: Annotated[
        str, typer.Argument(help="A date; default: the day after the last published night.")
    ] = "",
    again: Annotated[
        bool,
        typer.Option("--again", help="Run all of a night that was left half-way, from its start."),
    ] = False,
) -> None:
    """Run one night through Airflow: from what has landed to live pages and a report."""
    from rich.console import Console

    from jobs.__main__ import parse_night
    from jobs.night.choose import land_something, next_night
    from jobs.night.run import run_night
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

    end_by_exception()
    console = Console()
    lake = Lake(Settings.read())
    given = parse_night(night) if night else None
    landed = land_something(lake)
    chosen = given or next_night(lake, landed)
    if chosen is None:
        console.print(f"Nothing left: every night up to {landed[-1]} is published.")
        return
    run_night(lake, chosen, console, again)


night.__dict__["example"] = "Example: marquee night 1998-04-21"


def ui() -> None:
    """Open Airflow, MLflow, the checks and the report side by side, until ctrl-C."""
    from rich.console import Console

    from jobs.night.ui import show_all
    from lakehouse.settings import Settings

    end_by_exception()
    show_all(Settings.read(), Console())


ui.__dict__["example"] = "Example: marquee ui"


def backfill(
    dag: Annotated[str, typer.Argument(help="The DAG to run; those after it follow.")],
    first: Annotated[str, typer.Argument(metavar="FROM", help="The first night.")],
    last: Annotated[str, typer.Argument(metavar="TO", help="The last night, which is run too.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would run.")] = False,
) -> None:
    """Run a DAG, and what comes after it, for a range of nights, one after the other."""
    from rich.console import Console

    from jobs.__main__ import parse_night
    from jobs.night import backfill as ranges
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

    end_by_exception()
    console, lake = Console(), Lake(Settings.read())
    ranges.require_dag(dag)
    nights = ranges.nights_between(parse_night(first), parse_night(last))
    if dry_run:
        console.print(ranges.planned(lake, dag, nights))
    else:
        ranges.backfill(lake, dag, nights, console)


backfill.__dict__["example"] = (
    "Example: marquee backfill events_daily 1998-04-01 1998-04-21 --dry-run"
)


def end_by_exception() -> None:
    """Let a signal unwind the stack, so that what we started is ended in its order."""
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda number, _: sys.exit(128 + number))
