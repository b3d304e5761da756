"""Publish a version: write it, read it back, and only then move the pointer."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from lakehouse.errors import MarqueeError
from serving_export.draft import Draft
from serving_export.errors import BadRecord, IncompleteVersion, VersionGone
from serving_export.stores.board import Entry, State
from serving_export.stores.store import IN_USE
from serving_export.verify import Tally, likely_size, same_pages, same_records
from serving_export.versions import changed, prune, quarantine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    import pyarrow as pa

    from serving_export.manifest import Manifest
    from serving_export.stores.board import Board
    from serving_export.stores.store import Store

log = logging.getLogger(__name__)

STAMP_DIGITS = 12
"""How much of the stamp a version's name shows; the record and the board carry all of it."""


@dataclass(frozen=True)
class Night:
    """What is published for one night."""

    night: date
    manifest: Manifest
    pages: pa.Table
    """gold.pages of the night."""
    titles: pa.Table
    """silver.titles as of the night."""
    sources: Sequence[str]
    """The candidate sources in the order of their bits."""


@dataclass(frozen=True)
class Terms:
    """The rules of publishing."""

    lifetime_seconds: float
    """How long after its publishing a personal page is fresh."""
    kept_versions: int
    """How many versions stay readable, the live one included."""
    least_share: float = 0.5
    """A version with less than this share of the live one's pages or bytes is an accident."""


def publish(
    store: Store, night: Night, terms: Terms, clock: Callable[[], float] = time.time
) -> Entry:
    """Publish a night and give its entry on the board; once live, doing it again changes nothing.

    Raises BadPages, IncompleteVersion or UnlikelySize and leaves readers where they are.
    """
    with store.publishing():
        entry = _standing(store, night) or _staged(store, night, terms, clock)
        if entry.state != State.LIVE:
            entry = _pointed(store, entry, terms, clock)
        prune(store, terms.kept_versions, clock)
        return entry


def _standing(store: Store, night: Night) -> Entry | None:
    """The version of this stamp that was published and still is whole; a damaged one is put away."""
    for entry in store.board().entries:
        if entry.stamp != night.manifest.stamp or entry.state not in IN_USE:
            continue
        try:
            same_records(store, entry.version, _tally_of(entry))
        except (IncompleteVersion, BadRecord, VersionGone) as damage:
            log.warning("%s", damage)
            quarantine(store, entry.version, "was damaged after it was published")
            continue
        return entry
    return None


def _staged(store: Store, night: Night, terms: Terms, clock: Callable[[], float]) -> Entry:
    """Write the night as a version, read it back, and give its entry."""
    version = _free_name(store.board(), night)
    stamp, day = night.manifest.stamp, night.night.isoformat()
    entry = Entry(version, State.STAGED, day, stamp, staged_at=clock())
    live = changed(store, lambda board: board.with_entry(entry)).live
    draft = Draft(
        version, stamp, night.night, night.pages, night.titles, night.sources,
        night.manifest.to_json(),
    )  # fmt: skip
    written = Tally()
    store.put(version, written.passing(draft.records()))
    try:
        same_records(store, version, written)
        same_pages(store, draft)
        likely_size(version, written, live, terms.least_share)
    except MarqueeError as refused:
        quarantine(store, version, str(refused))
        raise
    return replace(
        entry, records=written.records, pages=written.pages, page_bytes=written.page_bytes,
        checksum=written.checksum,
    )  # fmt: skip


def _pointed(store: Store, entry: Entry, terms: Terms, clock: Callable[[], float]) -> Entry:
    """Swap: the version is live from now on, or a backup where a newer night is live already."""
    now = clock()
    if entry.published_at is None:
        entry = replace(entry, published_at=now, expires_at=now + terms.lifetime_seconds)

    def edited(board: Board) -> Board:
        if board.live and board.live.night > entry.night:
            return board.with_entry(replace(entry, state=State.BACKUP))
        return board.pointed(entry, left=State.BACKUP)

    published = changed(store, edited).entry(entry.version)
    assert published is not None  # noqa: S101 - `edited` has just put it there
    log.info("%s of %s pages is %s", published.version, published.pages, published.state)
    return published


def _free_name(board: Board, night: Night) -> str:
    """Night and stamp, and the number of the attempt once one was quarantined."""
    base = f"{night.night.isoformat()}-{night.manifest.stamp[:STAMP_DIGITS]}"
    names = (base if attempt == 1 else f"{base}-{attempt}" for attempt in count(1))
    return next(name for name in names if _writable(board.entry(name)))


def _writable(entry: Entry | None) -> bool:
    return entry is None or entry.state == State.STAGED


def _tally_of(entry: Entry) -> Tally:
    return Tally(entry.records, entry.pages, entry.page_bytes, entry.checksum)
