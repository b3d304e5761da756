"""Read the counts of a night from its tables; a table that was never written counts nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.recommend.policy import FILTERS
from jobs.report.facts import Filter, Playing, Source, Stage, Version
from lakehouse.catalog import (
    EVENT_COUNTS,
    FILTER_COUNTS,
    PAGES,
    PLAYABLE_TITLES,
    PROFILES,
    SOURCE_COUNTS,
    TITLES,
    TRAINING_EXAMPLES,
    VERSIONS,
)
from lakehouse.pins import as_pinned, version_read

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.catalog import Table
    from lakehouse.tables import Lake


Row = dict[str, Any]


def rows(lake: Lake, table: Table, night: date, columns: list[str] | None = None) -> list[Row]:
    """The rows of a table for the night alone."""
    if not lake.exists(table):
        return []
    found: list[Row] = lake.arrow(table, nights=[night], columns=columns).to_pylist()
    return found


def stages(lake: Lake, night: date) -> tuple[Stage, ...]:
    """Every count from landed lines to pages, in the order of the night."""
    return (*of_events(lake, night), *of_snapshots(lake, night))


def of_events(lake: Lake, night: date) -> list[Stage]:
    """Lines in and what became of them."""
    if not lake.exists(EVENT_COUNTS):
        return []
    counted = lake.arrow(EVENT_COUNTS, night).to_pylist()
    meanings = {
        "landed": ("landed lines", "every line of every log"),
        "events": ("events", "typed, each once"),
        "rejected": ("rejected", "kept with the reason"),
        "duplicates": ("duplicates", "sent again by players"),
    }
    return [
        Stage(
            name,
            sum(row[column] for row in counted if row["night"] == night),
            sum(row[column] for row in counted),
            note,
        )
        for column, (name, note) in meanings.items()
    ]


def of_snapshots(lake: Lake, night: date) -> list[Stage]:
    """Titles, profiles, examples, candidates and pages: each night holds them whole."""
    found = [
        Stage(name, None, lake.row_counts(table).get(night, 0), note)
        for table, name, note in (
            (TITLES, "titles", "the catalogue"),
            (PROFILES, "profiles", "who watches"),
        )
    ]
    found.append(of_examples(lake, night))
    proposed = [row["candidates"] for row in rows(lake, FILTER_COUNTS, night)]
    removed = sum(row["removed"] for row in rows(lake, FILTER_COUNTS, night))
    if proposed:
        note = f"{removed:,} of them removed by filters"
        found.append(Stage("candidates", None, max(proposed), note))
    pages = rows(lake, PAGES, night, ["popular"])
    popular = sum(bool(page["popular"]) for page in pages)
    note = f"{len(pages) - popular:,} personal, {popular:,} popular"
    return [*found, Stage("pages", None, len(pages), note)]


def of_examples(lake: Lake, night: date) -> Stage:
    """Labels, and where they come from."""
    origins = [row["origin"] for row in rows(lake, TRAINING_EXAMPLES, night, ["origin"])]
    told = (f"{origins.count(name):,} {name}" for name in ("watched", "sampled", "shown"))
    return Stage("training examples", None, len(origins), ", ".join(told))


def sources(lake: Lake, night: date, adds: dict[str, float]) -> tuple[Source, ...]:
    """The sources, most candidates first."""
    found = [
        Source(
            row["source"], row["candidates"], row["only_here"], row["slots"],
            adds.get(row["source"]),
        )
        for row in rows(lake, SOURCE_COUNTS, night)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda source: (-source.candidates, source.name)))


def filters(lake: Lake, night: date) -> tuple[Filter, ...]:
    """The filters in the order in which they were asked: each is shown what the last one left."""
    found = [
        Filter(row["filter"], row["candidates"], row["removed"])
        for row in rows(lake, FILTER_COUNTS, night)
    ]
    return tuple(sorted(found, key=lambda one: FILTERS.index(one.name)))


def playing(lake: Lake, night: date) -> Playing | None:
    """What the filter of titles that play left out; None where it was not in force."""
    if "playable" not in {one.name for one in filters(lake, night)}:
        return None
    read = version_read(lake, PLAYABLE_TITLES, night)
    listed = lake.newest_night(PLAYABLE_TITLES, night, read) or night
    playing = as_pinned(lake, PLAYABLE_TITLES, night, ["title_id"])["title_id"].to_pylist()
    ids = {row["title_id"] for row in rows(lake, TITLES, night, ["title_id"])}
    return Playing(len(ids), len(ids - set(playing)), listed, (night - listed).days)


def versions(lake: Lake, night: date, newest: int = 5) -> tuple[Version, ...]:
    """The versions of this and earlier nights, newest first."""
    nights = [n for n in reversed(lake.nights(VERSIONS)) if n <= night][:newest]
    return tuple(
        Version(
            row["night"], row["version"], row["stamp"], row["pages"], row["page_bytes"],
            row["state"],
        )
        for one in nights
        for row in rows(lake, VERSIONS, one)
    )  # fmt: skip
