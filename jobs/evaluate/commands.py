"""Offer `marquee evaluate` on the command line."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - Typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from jobs.evaluate.protocol import Protocol
from lakehouse.errors import MarqueeError
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from jobs.evaluate.evaluate import Evaluation
    from jobs.evaluate.protocols import Split
    from jobs.evaluate.read import ColumnNames

STEPS = 9  # folds, ranker, models, five contenders: a bar that ends a little early says so


class BadLengths(MarqueeError):
    """--k does not name lengths of lists."""

    def __init__(self, given: str) -> None:
        super().__init__(f"--k is {given!r}, so nothing ran: give whole numbers such as 10,20.")


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
    console = Console()
    ks = lengths(k)
    from jobs.evaluate import evaluate as work
    from jobs.evaluate.read import ColumnNames

    names = ColumnNames(profile_col, title_col, time_col, rating_col)
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
        console=console,
    ) as progress:  # fmt: skip
        bar = progress.add_task("reading", total=STEPS)
        split = read_split(interactions, test, names, protocol, seed)

        def say(done: str) -> None:
            progress.update(bar, advance=1, description=done)

        found = work.evaluate(split, ks, Settings.read().seed, say)
        progress.update(bar, completed=STEPS, description="done")
    show(console, found)
    if json_:
        json_.write_text(json.dumps(found.to_json(), indent=1))


def lengths(text: str) -> list[int]:
    """The whole numbers of "10,20"; raises BadLengths."""
    parts = text.split(",")
    if not all(part.strip().isdigit() and int(part) > 0 for part in parts):
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
    if not len(split.train) or not len(split.test):
        why = f"the split {split.protocol} leaves nothing to learn from or nothing to find"
        raise BadInteractions(file, why, "give more rows, times that differ, or another --protocol")
    return split


def show(console: Console, found: Evaluation) -> None:
    """Print counts, notes, and one row a contender with intervals."""
    counted = ", ".join(f"{count:,} {what}" for what, count in found.counts.items())
    console.print(f"{found.protocol}: {counted}.", soft_wrap=True)
    for note in found.notes:
        console.print(note, style="yellow", soft_wrap=True)
    metrics = list(next(iter(found.intervals.values())))
    table = Table("model", *metrics, title="mean, and 95 % interval over profiles")
    for name, by_metric in found.intervals.items():
        cells = (f"{one.mean:.4f}\n[{one.low:.3f}, {one.high:.3f}]" for one in by_metric.values())
        table.add_row(name, *cells)
    console.print(table)


evaluate.__dict__["example"] = (
    "Example: marquee evaluate --interactions ratings.csv --profile-col user --title-col film "
    "--time-col ts --protocol global-time --json figures.json"
)
