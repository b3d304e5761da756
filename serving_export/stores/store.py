"""Say what a store of versions can do: hold records, give them back, and swap one board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from serving_export.parts import Source
    from serving_export.stores.board import Board

Records = list[tuple[bytes, bytes]]


class Store(Protocol):
    """Versions of pages in one place; every failure of the engine below is a StoreFailed."""

    place: str
    """How a person names it: a folder or dynamodb://TABLE."""

    def board(self) -> Board:
        """The versions and which is live; raises BadBoard when that cannot be read."""

    def post(self, board: Board) -> None:
        """Replace the board at once; raises BoardMoved unless it follows the one that is there."""

    def tick(self) -> Hashable:
        """Something cheap that differs as soon as the board may be another one."""

    def publishing(self) -> AbstractContextManager[None]:
        """Hold while a version is written: makes the place if missing, and waits its turn."""

    def put(self, version: str, batches: Iterable[Records]) -> None:
        """Write a whole version, in ascending order of keys, over what a killed run left of it.

        Raises VersionInUse when readers may be on it.
        """

    def source(self, version: str) -> Source:
        """Look up keys of one version, even while it is pruned; raises VersionGone."""

    def scan(self, version: str) -> Iterator[tuple[bytes, bytes]]:
        """Every record of a version as the store holds it, in any order."""

    def drop(self, version: str) -> None:
        """Remove every record of a version; nothing happens when there is none."""


def open_store(place: str, patient: bool = True) -> Store:
    """The store at a folder or at dynamodb://TABLE; raises BadPlace for anything else.

    A patient one waits for a slow table, as a publisher should and a reader should not.
    """
    from serving_export.errors import BadPlace

    if place.startswith("dynamodb://") and place.removeprefix("dynamodb://"):
        from serving_export.stores.dynamodb_store import DynamoStore

        return DynamoStore(place.removeprefix("dynamodb://"), patient)
    if not place or "://" in place:
        raise BadPlace(place)
    from serving_export.stores.lmdb_store import LmdbStore

    return LmdbStore(place)


IN_USE: Sequence[str] = ("live", "backup")
"""States in which a version is never overwritten."""
