"""Offer `marquee report` on the command line."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from lakehouse.errors import MissingTable
from lakehouse.settings import Settings
from lakehouse.tables import Lake


def report(
    night: Annotated[str, typer.Option(help="The night; by default the newest with events.")] = "",
) -> None:
    """Build the report of a night anew and say where it is."""
    from jobs.__main__ import parse_night
    from jobs.report.build_report import main
    from lakehouse.catalog import EVENT_COUNTS, VERSIONS

    lake = Lake(Settings.read())
    known = lake.nights(VERSIONS) or lake.nights(EVENT_COUNTS)
    if not night and not known:
        raise MissingTable(VERSIONS.name, "any night")
    main(lake, parse_night(night) if night else known[-1])
    Console().print(str(lake.settings.at("report", "index.html")), highlight=False, soft_wrap=True)


report.__dict__["example"] = "Example: marquee report --night 1998-04-21"
