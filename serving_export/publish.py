"""Publish a version: write it, read it back, and only then move the pointer."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from lakehouse.errors import MarqueeError
from serving_export.draft import Draft
from serving_export.errors import BoardMoved, NoTarget
from serving_export.manifest import manifest_of
from serving_export.stores.board import Entry, State
from serving_export.stores.store import IN_USE
from serving_export.verify import Tally, likely_size, same_pages, same_records

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
MOST_TRIES = 20
"""How often a change of the board is tried again after somebody else changed it."""
PRUNED = "was being pruned"
DEAD_SECONDS = 86_400
"""A version still staged after a day has lost its writer."""


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
        except MarqueeError as damage:
            log.warning("%s", damage)
            _quarantine(store, entry.version, "was damaged after it was published")
            continue
        return entry
    return None


def _staged(store: Store, night: Night, terms: Terms, clock: Callable[[], float]) -> Entry:
    """Write the night as a version, read it back, and give its entry."""
    version = _free_name(store.board(), night)
    stamp, day = night.manifest.stamp, night.night.isoformat()
    entry = Entry(version, State.STAGED, day, stamp, staged_at=clock())
    live = _changed(store, lambda board: board.with_entry(entry)).live
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
        _quarantine(store, version, str(refused))
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

    published = _changed(store, edited).entry(entry.version)
    assert published is not None  # noqa: S101 - `edited` has just put it there
    log.info("%s of %s pages is %s", published.version, published.pages, published.state)
    return published


def rollback(store: Store, wanted: str | None = None) -> Entry:
    """Point readers at an older version and quarantine the one they leave.

    Without a name it is the newest backup before the live version. Raises NoTarget, and never goes
    to a version that is quarantined, was not verified, or cannot be read.
    """
    target = _target(store.board(), wanted)
    try:
        readable = manifest_of(store.source(target.version)).stamp == target.stamp
    except MarqueeError as broken:
        log.warning("%s", broken)
        readable = False
    if not readable:
        _quarantine(store, target.version, "could not be read when it was rolled back to")
        raise NoTarget(target.version, "it cannot be read and is quarantined")

    def edited(board: Board) -> Board:
        fresh = _target(board, target.version)
        return board.pointed(fresh, left=State.QUARANTINED, reason="was rolled back from")

    back = _changed(store, edited).live
    assert back is not None  # noqa: S101 - `edited` has just put it there
    return back


def _target(board: Board, wanted: str | None) -> Entry:
    live, names = board.live, [entry.version for entry in board.entries]
    if wanted is None:
        before = board.entries[: names.index(live.version)] if live else board.entries
        backups = [entry for entry in before if entry.state == State.BACKUP]
        if not backups:
            raise NoTarget("an older version", "there is no backup before the live one")
        return backups[-1]
    entry = board.entry(wanted)
    if entry is None:
        raise NoTarget(wanted, "there is no such version")
    if entry.state != State.BACKUP:
        why = f" ({entry.reason})" if entry.reason else ""
        raise NoTarget(wanted, f"it is {entry.state}{why}")
    return entry


def prune(store: Store, kept: int, clock: Callable[[], float] = time.time) -> None:
    """Drop all but the newest `kept` readable and `kept` quarantined versions, and dead drafts."""
    dead = clock() - DEAD_SECONDS
    newest = store.board().entries[::-1]
    backups = [entry for entry in newest if entry.state == State.BACKUP][max(kept - 1, 0) :]
    bad = [entry for entry in newest if entry.state == State.QUARANTINED]
    bad = [entry for place, entry in enumerate(bad) if place >= kept or entry.reason == PRUNED]
    drafts = [e for e in newest if e.state == State.STAGED and (e.staged_at or 0.0) < dead]
    for entry in (*backups, *bad, *drafts):
        # off the list of targets first: a killed prune must not leave half a version to roll back to
        if _quarantine(store, entry.version, PRUNED, only=entry.state):
            store.drop(entry.version)
            _remove(store, entry.version)


def _quarantine(store: Store, version: str, reason: str, only: State | None = None) -> bool:
    """Put a version away, unless it is gone or in another state than the `only` one meant."""

    def edited(board: Board) -> Board:
        entry = board.entry(version)
        if entry is None or (only and entry.state != only):
            return board
        return board.with_entry(replace(entry, state=State.QUARANTINED, reason=reason))

    entry = _changed(store, edited).entry(version)
    return entry is not None and entry.state == State.QUARANTINED


def _remove(store: Store, version: str) -> None:
    _changed(store, lambda board: board.without(version))


def _changed(store: Store, edit: Callable[[Board], Board]) -> Board:
    """Edit the board as it then is, again whenever somebody else was first."""
    for _ in range(MOST_TRIES):
        found = store.board()
        board = edit(found)
        try:
            if board is not found:
                store.post(board)
        except BoardMoved:
            continue
        return board
    raise BoardMoved(store.place)


def _free_name(board: Board, night: Night) -> str:
    """Night and stamp, and the number of the attempt once one was quarantined."""
    base = f"{night.night.isoformat()}-{night.manifest.stamp[:STAMP_DIGITS]}"
    names = (base if attempt == 1 else f"{base}-{attempt}" for attempt in count(1))
    return next(name for name in names if _writable(board.entry(name)))


def _writable(entry: Entry | None) -> bool:
    return entry is None or entry.state == State.STAGED


def _tally_of(entry: Entry) -> Tally:
    return Tally(entry.records, entry.pages, entry.page_bytes, entry.checksum)
