"""Offer `marquee report` on the command line."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer
from rich.console import Console

from lakehouse.errors import MissingTable
from lakehouse.settings import Settings
from lakehouse.tables import Lake


def report(
    night: Annotated[str, typer.Option(help="The night; by default the newest that ran.")] = "",
) -> None:
    """Build the report of a night anew and say where it is."""
    from jobs.__main__ import parse_night
    from jobs.report.build_report import main
    from lakehouse.catalog import VERSIONS

    lake = Lake(Settings.read())
    chosen = parse_night(night) if night else newest(lake)
    if chosen is None:
        raise MissingTable(VERSIONS.name, "any night")
    main(lake, chosen)
    Console().print(str(lake.settings.at("report", "index.html")), highlight=False, soft_wrap=True)


def newest(lake: Lake) -> date | None:
    """The newest night that ran, published or not, watched from a terminal or not."""
    from lakehouse.catalog import EVENT_COUNTS, VERSIONS

    watched = [date.fromisoformat(file.stem) for file in lake.settings.at("nights").glob("*.json")]
    return max([*watched, *lake.nights(EVENT_COUNTS), *lake.nights(VERSIONS)], default=None)


report.__dict__["example"] = "Example: marquee report --night 1998-04-21"
