"""Choose three profiles and read what they would see, with names and years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.recommend.policy import SOURCES
from jobs.report.facts import Card, SamplePage, Shelf
from lakehouse.catalog import EVENTS, PAGES, PROFILE_FEATURES, TITLES, WATCHED_TYPES

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.tables import Lake

CHOSEN = (
    (0.9, "One profile in ten watched more."),
    (0.5, "Half of all profiles watched more."),
    (0.0, "Nobody with a page of their own watched less."),
)
"""Rank among profiles by their watches, and what that means to a reader."""
MOST_SHELVES, MOST_CARDS = 8, 14
"""A sample, not the whole page: enough to judge it by, and little enough for a phone."""

Row = dict[str, Any]


def sample_pages(lake: Lake, night: date) -> tuple[SamplePage, ...]:
    """The pages of a busy, a usual and a quiet profile; fewer where there are fewer."""
    if not (lake.exists(PAGES) and lake.exists(EVENTS)):
        return ()
    pages = lake.arrow(PAGES, nights=[night])
    own = pages.filter(pc.not_equal(pages["profile_id"], ""))
    watches = watches_of(lake, night)
    ids = sorted(own["profile_id"].to_pylist(), key=lambda one: (watches.get(one, 0), one))
    if not ids:
        return ()
    titles = {row["title_id"]: row for row in lake.arrow(TITLES, night).to_pylist()}
    found: dict[str, SamplePage] = {}
    for rank, who in CHOSEN:
        profile = ids[round(rank * (len(ids) - 1))]
        row = own.filter(pc.equal(own["profile_id"], profile)).to_pylist()[0]
        last = last_titles(lake, night, profile, titles)
        page = SamplePage(
            profile, who, watches.get(profile, 0), last, bool(row["popular"]),
            shelves(row["rows"], titles),
        )  # fmt: skip
        found.setdefault(profile, page)
    return tuple(found.values())


def watches_of(lake: Lake, night: date) -> dict[str, int]:
    """Profile to how often it watched anything up to the night."""
    events = lake.arrow(EVENTS, night, ["profile_id", "type"])
    watched = events.filter(pc.is_in(events["type"], value_set=pa.array(WATCHED_TYPES)))
    counted = watched["profile_id"].value_counts().to_pylist()
    return {row["values"]: row["counts"] for row in counted}


def last_titles(lake: Lake, night: date, profile: str, titles: dict[str, Row]) -> tuple[str, ...]:
    """The names of what a profile watched last, newest first."""
    if not lake.exists(PROFILE_FEATURES):
        return ()
    features = lake.arrow(PROFILE_FEATURES, nights=[night], columns=["profile_id", "last_titles"])
    rows = features.filter(pc.equal(features["profile_id"], profile)).to_pylist()
    ids = rows[0]["last_titles"] if rows else []
    return tuple(named(titles.get(one), one) for one in ids or [])


def named(title: Row | None, title_id: str) -> str:
    """The name of a title with its year, its id where it has none."""
    if title is None or not title["name"]:
        return title_id
    return f"{title['name']} ({title['year']})" if title["year"] else str(title["name"])


def shelves(rows: list[Row], titles: dict[str, Row]) -> tuple[Shelf, ...]:
    """The first rows of a page and their first titles."""
    return tuple(
        Shelf(
            row["name"], row["source"], cards(row, titles),
            max(len(row["title_ids"]) - MOST_CARDS, 0),
        )
        for row in rows[:MOST_SHELVES]
    )  # fmt: skip


def cards(row: Row, titles: dict[str, Row]) -> tuple[Card, ...]:
    """The first titles of a row."""
    slots = zip(row["title_ids"], row["propensities"], row["source_bits"], strict=True)
    return tuple(
        card(title_id, titles.get(title_id), propensity, bits)
        for title_id, propensity, bits in list(slots)[:MOST_CARDS]
    )


def card(title_id: str, title: Row | None, propensity: float, bits: int) -> Card:
    """One title, as far as the catalogue knows it."""
    by = tuple(source for bit, source in enumerate(SOURCES) if bits >> bit & 1)
    known = title or {"name": None, "year": None, "genres": None}
    name, genres = known["name"] or title_id, tuple(known["genres"] or ())
    return Card(title_id, name, known["year"], genres, propensity, by)
