"""Change which versions there are and which one is live, on a board that others change too."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from serving_export.errors import BadRecord, BoardMoved, NoTarget, VersionGone
from serving_export.manifest import manifest_of
from serving_export.stores.board import Entry, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving_export.stores.board import Board
    from serving_export.stores.store import Store

log = logging.getLogger(__name__)

MOST_TRIES = 20
"""How often a change of the board is tried again after somebody else changed it."""
DEAD_SECONDS = 86_400
"""A version still staged after a day has lost its writer."""
PRUNED = "was being pruned"


def rollback(store: Store, wanted: str | None = None) -> Entry:
    """Point readers at an older version and quarantine the one they leave.

    Without a name it is the newest backup before the live version. Raises NoTarget, and never goes
    to a version that is quarantined, was not verified, or cannot be read.
    """
    target = _target(store.board(), wanted)
    try:
        readable = manifest_of(store.source(target.version)).stamp == target.stamp
    except (BadRecord, VersionGone) as broken:
        log.warning("%s", broken)
        readable = False
    if not readable:
        quarantine(store, target.version, "could not be read when it was rolled back to")
        raise NoTarget(target.version, "it cannot be read and is quarantined")

    def edited(board: Board) -> Board:
        fresh = _target(board, target.version)
        return board.pointed(fresh, left=State.QUARANTINED, reason="was rolled back from")

    back = changed(store, edited).live
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
        if quarantine(store, entry.version, PRUNED, only=entry.state):
            store.drop(entry.version)
            _remove(store, entry.version)


def quarantine(store: Store, version: str, reason: str, only: State | None = None) -> bool:
    """Put a version away, unless it is gone or in another state than the `only` one meant."""

    def edited(board: Board) -> Board:
        entry = board.entry(version)
        if entry is None or (only and entry.state != only):
            return board
        return board.with_entry(replace(entry, state=State.QUARANTINED, reason=reason))

    entry = changed(store, edited).entry(version)
    return entry is not None and entry.state == State.QUARANTINED


def _remove(store: Store, version: str) -> None:
    changed(store, lambda board: board.without(version))


def changed(store: Store, edit: Callable[[Board], Board]) -> Board:
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
