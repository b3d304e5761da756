"""Say which versions a store holds and which one is live: the one thing that a swap changes.

The board is the pointer with everything that must move with it. A store replaces it whole, by an
atomic rename or a conditional write, so that two versions are never live and none is between.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from serving_export.errors import BadBoard


class State(StrEnum):
    """What a version may be used for."""

    STAGED = "staged"
    """Written or being written; no reader has seen it."""
    LIVE = "live"
    """The one that readers are on."""
    BACKUP = "backup"
    """Was live, or is older than the live one, and may be rolled back to."""
    QUARANTINED = "quarantined"
    """Failed a check or was rolled back from; never a target."""


@dataclass(frozen=True)
class Entry:
    """One version on the board; times are seconds since 1970, UTC."""

    version: str
    state: State
    night: str
    stamp: str
    pages: int = 0
    page_bytes: int = 0
    records: int = 0
    """Pages and parts together, as counted when they were written."""
    checksum: int = 0
    """The sum of the CRC-32 of all records, which does not depend on their order."""
    staged_at: float | None = None
    published_at: float | None = None
    expires_at: float | None = None
    reason: str = ""
    """Why it is quarantined."""


@dataclass(frozen=True)
class Board:
    """Every version, newest night last; the revision counts the changes."""

    revision: int = 0
    entries: tuple[Entry, ...] = ()

    @property
    def live(self) -> Entry | None:
        """The version that readers are on, if there is one."""
        return next((entry for entry in self.entries if entry.state == State.LIVE), None)

    def entry(self, version: str) -> Entry | None:
        """The version of this name."""
        return next((entry for entry in self.entries if entry.version == version), None)

    def with_entry(self, entry: Entry) -> Board:
        """The board after one version was added or changed."""
        others = [other for other in self.entries if other.version != entry.version]
        return self._next([*others, entry])

    def without(self, version: str) -> Board:
        """The board after one version was removed."""
        return self._next([entry for entry in self.entries if entry.version != version])

    def pointed(self, target: Entry, left: State, reason: str = "") -> Board:
        """The board after the swap: the target is live, and the one left gets the state given."""
        moved = [
            replace(entry, state=left, reason=reason) if entry.state == State.LIVE else entry
            for entry in self.entries
            if entry.version != target.version
        ]
        return self._next([*moved, replace(target, state=State.LIVE, reason="")])

    def _next(self, entries: list[Entry]) -> Board:
        ordered = sorted(entries, key=lambda e: (e.night, e.published_at or 0.0, e.version))
        return Board(self.revision + 1, tuple(ordered))

    def to_json(self) -> str:
        """The board as text."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)


def read_board(place: str, text: str | bytes) -> Board:
    """The board that `to_json` wrote; keys of a newer writer are skipped. Raises BadBoard."""
    known = Entry.__dataclass_fields__
    try:
        found = json.loads(text)
        entries = [
            Entry(**{key: value for key, value in entry.items() if key in known})
            for entry in found["entries"]
        ]
        typed = tuple(replace(entry, state=State(entry.state)) for entry in entries)
        return Board(int(found["revision"]), typed)
    except (ValueError, KeyError, TypeError, AttributeError) as broken:
        raise BadBoard(place, f"{type(broken).__name__}: {broken}") from None
