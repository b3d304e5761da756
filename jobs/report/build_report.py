"""Build the report of a night: one HTML page that needs nothing else, and the newest as the index."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from expectations import results
from jobs.night.ran import keep_what_ran
from jobs.report import read_files, read_tables
from jobs.report.facts import NightFacts
from jobs.report.render import render
from jobs.report.sample_pages import sample_pages
from lakehouse.files import write_whole

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from lakehouse.tables import Lake

log = logging.getLogger(__name__)


def facts_of(lake: Lake, night: date) -> NightFacts:
    """Everything that is known of a night; what is missing is said to be missing."""
    settings = lake.settings
    uri = settings.mlflow_uri
    return NightFacts(
        night=night,
        ran=read_files.ran(settings, night),
        gate=read_files.gate(settings, night),
        checks=tuple(results.read(settings, night)),
        stages=read_tables.stages(lake, night),
        sources=read_tables.sources(lake, night, read_files.left_out(settings, night)),
        filters=read_tables.filters(lake, night),
        playing=read_tables.playing(lake, night),
        pages=sample_pages(lake, night),
        versions=read_tables.versions(lake, night),
        index=read_files.index(settings, night),
        models=read_files.judged_models(settings, night),
        pictures=read_files.pictures(settings, night),
        mlflow=uri.rstrip("/") if uri.startswith(("http://", "https://")) else NightFacts.mlflow,
        other_nights=other_nights(settings.at("report"), night),
    )


def other_nights(folder: Path, night: date) -> tuple[str, ...]:
    """The nights before and after that have a report, newest first."""
    found = {path.stem for path in folder.glob("[0-9]*-[0-9]*-[0-9]*.html")} - {str(night)}
    return tuple(sorted(found, reverse=True))[:14]


def main(lake: Lake, night: date) -> None:
    """Write the page of the night; the index is that of the newest night that has one.

    The last task of a night, so that one run in Airflow's UI has a report. It cannot know its own
    end: `marquee night` calls it again when all is done.
    """
    keep_what_ran(lake.settings, night)
    folder = lake.settings.at("report")
    page = render(facts_of(lake, night))
    write_whole(folder / f"{night}.html", page)
    newest = max(folder.glob("[0-9]*-[0-9]*-[0-9]*.html"))
    write_whole(folder / "index.html", newest.read_text())
    log.info("%s", folder / "index.html")
