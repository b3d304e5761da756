"""Publish a night's pages as a version that is verified, then live."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jobs.export.lineage import manifest_of
from jobs.recommend.policy import SOURCES
from lakehouse.catalog import PAGES, TITLES, VERSIONS
from lakehouse.errors import MissingTable
from serving_export.publish import Night, Terms, publish
from serving_export.reader import Pages
from serving_export.stores.store import open_store

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

    from lakehouse.settings import Settings
    from lakehouse.tables import Lake
    from serving_export.stores.board import Entry

log = logging.getLogger(__name__)


def terms_of(settings: Settings) -> Terms:
    """The rules of publishing, as the settings say them."""
    return Terms(settings.page_lifetime_hours * 3600.0, settings.kept_versions)


def pages_of(lake: Lake, night: date) -> pa.Table:
    """The pages of this very night; older ones must not be published under its name."""
    pages = lake.arrow(PAGES, night)
    if len(pages) and pages.column("night")[0].as_py() != night:
        raise MissingTable(PAGES.name, night.isoformat())
    return pages


def versions_table(entry: Entry, night: date) -> pa.Table:
    """The row of VERSIONS that says what became of the night."""
    import pyarrow as pa

    told = {
        "version": entry.version, "stamp": entry.stamp, "pages": entry.pages,
        "page_bytes": entry.page_bytes, "state": str(entry.state), "night": night,
    }  # fmt: skip
    return pa.Table.from_pylist([told])


def main(lake: Lake, night: date) -> None:
    """Read PAGES and TITLES, swap the version in, and write VERSIONS."""
    pages, titles = pages_of(lake, night), lake.arrow(TITLES, night)
    manifest = manifest_of(lake, night, pages, titles)
    place = lake.settings.pages
    entry = publish(
        open_store(place), Night(night, manifest, pages, titles, SOURCES), terms_of(lake.settings)
    )
    # as an app reads it, from end to end; it also leaves the last page file for the first reader
    answer = Pages.open(place).get("")
    log.info(
        "%s is %s: %s pages, %s bytes; a new profile gets the %s page of %s",
        entry.version, entry.state, f"{entry.pages:,}", f"{entry.page_bytes:,}",
        answer.level, answer.page.version,
    )  # fmt: skip
    lake.write(VERSIONS, versions_table(entry, night), night)
