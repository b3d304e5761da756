"""Offer `marquee evaluate` on the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path  # noqa: TC003 - Typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from jobs.evaluate.protocol import Protocol
from jobs.evaluate.show import Stages, show, show_split
from lakehouse.errors import MarqueeError
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from jobs.evaluate.protocols import Split
    from jobs.evaluate.read import ColumnNames


class BadLengths(MarqueeError):
    """--k does not name lengths of lists."""

    def __init__(self, given: str) -> None:
        super().__init__(f"--k is {given!r}, so nothing ran: give whole numbers such as 10,20.")


class UnwritableFigures(MarqueeError):
    """--json names a place where nothing can be written."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(
            f"{file} cannot be written ({why}), so nothing ran: give --json another place."
        )


def evaluate(
    interactions: Annotated[Path, typer.Option(help="CSV or Parquet: who watched what, and when.")],
    test: Annotated[
        Path | None,
        typer.Option(help="A second file to be found from the first; then it is the split."),
    ] = None,
    profile_col: Annotated[str, typer.Option(help="The column's name in the file.")] = "profile_id",
    title_col: Annotated[str, typer.Option(help="The column's name in the file.")] = "title_id",
    time_col: Annotated[str, typer.Option(help="The column's name; '' if there is none.")] = "time",
    rating_col: Annotated[str, typer.Option(help="A column of ratings, if there is one.")] = "",
    protocol: Annotated[Protocol, typer.Option(help="How to split one file.")] = Protocol.TIME,
    seed: Annotated[int, typer.Option(help="Draws random-75-25; 42 is the published split.")] = 42,
    k: Annotated[str, typer.Option(help="Lengths of lists, with commas between.")] = "10,20",
    json_: Annotated[
        Path | None, typer.Option("--json", help="Write the figures here too.")
    ] = None,
) -> None:
    """Judge popularity, EASE, transitions, the two-tower model and the funnel on any history."""
    # that there is no GPU is no error to show beside a progress bar
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    console, ks = Console(), lengths(k)
    if json_:
        _check_writable(json_)
    with Stages(console) as stages:
        stages.say(f"reading {interactions.name}")
        from jobs.evaluate import evaluate as work
        from jobs.evaluate.read import ColumnNames

        names = ColumnNames(profile_col, title_col, time_col, rating_col)
        split = read_split(interactions, test, names, protocol, seed)
        show_split(console, split)
        found = work.evaluate(split, ks, Settings.read().seed, stages.say)
    show(console, found, ks)
    if json_:
        json_.write_text(json.dumps(found.to_json(), indent=1) + "\n")
        console.print(f"Every figure is in {json_}.", highlight=False, soft_wrap=True)
    else:
        console.print("Add --json FILE to keep every figure.")


def lengths(text: str) -> list[int]:
    """The whole numbers of "10,20"; raises BadLengths."""
    parts = text.split(",")
    if not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise BadLengths(text)
    return [int(part) for part in parts]


def read_split(
    file: Path, test: Path | None, names: ColumnNames, protocol: Protocol, seed: int
) -> Split:
    """Read one file and split it, or two that are the split; raises BadInteractions."""
    from jobs.evaluate.protocols import given, split_rows
    from jobs.evaluate.read import BadInteractions, read_interactions

    rows = read_interactions(file, names)
    split = (
        given(rows, read_interactions(test, names)) if test else split_rows(rows, protocol, seed)
    )
    if not len(split.judged):
        why = f"with the split {split.protocol} no profile has both history and something to find"
        remedy = "give a test file of the same profiles" if test else "try another --protocol"
        raise BadInteractions(test or file, why, f"give more rows, or {remedy}")
    return split


def _check_writable(file: Path) -> None:
    """Fail before the work and not after it; raises UnwritableFigures."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a"):
            pass
    except OSError as error:
        raise UnwritableFigures(file, (error.strerror or str(error)).lower()) from None


evaluate.__dict__["example"] = (
    "Example: marquee evaluate --interactions ratings.csv --profile-col user --title-col film "
    "--time-col ts --protocol global-time --json figures.json"
)
