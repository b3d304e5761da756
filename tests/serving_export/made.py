"""Make small nights: a few pages, a few titles, any of them told apart at sight."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lakehouse.catalog import PAGES, TITLES
from lakehouse.writing import arrow_schema
from serving_export.errors import VersionGone
from serving_export.manifest import Manifest
from serving_export.publish import Night, Terms

if TYPE_CHECKING:
    from serving_export.stores.store import Store

NIGHT = date(2026, 1, 10)
SOURCES = ("two_tower", "co_watch", "popular")
TERMS = Terms(lifetime_seconds=3600.0, kept_versions=3)
EMPTY = {"name": None, "source": None, "because_of": None}


def row(
    name: str = "Top picks",
    source: str = "top_picks",
    titles: tuple[str, ...] = ("t1", "t2", "t3"),
    **other: Any,
) -> dict[str, Any]:
    """One shelf: every title from the first source, none explored."""
    return {
        "name": name, "source": source, "because_of": None, "title_ids": list(titles),
        "source_bits": [1] * len(titles), "propensities": [1.0] * len(titles), **other,
    }  # fmt: skip


def page(profile: str, *shelves: dict[str, Any], region: str | None = None) -> dict[str, Any]:
    """The page of a profile, or with '' as profile the popular page."""
    return {
        "profile_id": profile, "region": region, "popular": not profile,
        "rows": list(shelves) or [row()],
    }  # fmt: skip


def table(*pages: dict[str, Any]) -> pa.Table:
    """A table of pages in the catalog's columns."""
    return pa.Table.from_pylist(
        [{"night": NIGHT, **said} for said in pages], arrow_schema(PAGES)
    )  # fmt: skip


def everyone(profiles: int, first_title: str = "t1", night: date = NIGHT) -> pa.Table:
    """Pages p00000, p00001, … that all begin with one title, and a popular page that does too.

    The last two titles of odd ones have changed places.
    """
    shelves = [row(titles=(first_title, *last)) for last in (("t8", "t9"), ("t9", "t8"))]
    pages = [page(f"p{number:05d}", shelves[number % 2]) for number in range(profiles)]
    return table(page("", shelves[0]), *({**said, "night": night} for said in pages))


def titles(count: int = 10) -> pa.Table:
    """Titles t0, t1, … with names, every third without a year."""
    return pa.Table.from_pylist(
        [
            {
                **dict.fromkeys(TITLES.column_types),
                "title_id": f"t{number}", "name": f"Title {number}", "genres": ["Drama"],
                "year": None if number % 3 == 0 else 1990 + number, "night": NIGHT,
            }
            for number in range(count)
        ],
        arrow_schema(TITLES),
    )  # fmt: skip


def night(pages: pa.Table | None = None, day: date = NIGHT, note: str = "", **other: Any) -> Night:
    """A night ready to publish; the note makes the stamp another one."""
    return Night(
        day, Manifest({"night": day.isoformat(), "note": note}, {}),
        everyone(40) if pages is None else pages, other.get("titles", titles()), SOURCES,
    )  # fmt: skip


PUBLISHED = 1_768_000_000.0
"""Seconds since 1970 of the moment at which made nights are published."""


class Clock:
    """A time that a test sets."""

    now = PUBLISHED

    def __call__(self) -> float:
        return self.now


def held(store: Store, version: str) -> list[tuple[bytes, bytes]]:
    """Every record of a version; a folder knows that one is gone, a table only finds nothing."""
    try:
        return sorted(store.scan(version))
    except VersionGone:
        return []
