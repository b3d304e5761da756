"""Offer `marquee check` on the command line; Great Expectations is loaded when it runs."""

from __future__ import annotations

import gc
import logging
import sys
from typing import Annotated

import typer

from lakehouse.catalog import BY_NAME, Table
from lakehouse.errors import MarqueeError
from lakehouse.locks import alone
from lakehouse.settings import Settings
from lakehouse.tables import Lake


class UnknownTable(MarqueeError):
    """A table was named that the catalog does not hold."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no table {name}, so nothing was checked: choose from {', '.join(BY_NAME)}."
        )


def check(
    tables: Annotated[list[str], typer.Argument(help="Tables, such as silver.events.")],
    night: Annotated[str, typer.Option(help="The night to check, such as 1998-04-21.")],
) -> None:
    """Check tables for a night; leaves with 1 if a critical expectation does not hold."""
    from jobs.__main__ import parse_night

    named, day = [table_of(name) for name in tables], parse_night(night)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    logging.getLogger("expectations").setLevel(logging.INFO)
    # a sixth of the three seconds that the import takes is looking for garbage that is not there
    gc.disable()
    from expectations.check import check as run

    gc.enable()
    settings = Settings.read()
    with alone(settings.at("locks", f"check.{named[0].name}")):
        run(Lake(settings), named, day)


def table_of(name: str) -> Table:
    """The table of that name; raises UnknownTable."""
    if name not in BY_NAME:
        raise UnknownTable(name)
    return BY_NAME[name]


check.example = "Example: marquee check silver.events silver.event_counts --night 1998-04-21"  # type: ignore[attr-defined]
