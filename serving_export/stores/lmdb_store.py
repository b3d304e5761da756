"""Keep versions in a folder: one LMDB environment each, and a board that a rename replaces.

board.json            which version is live, renamed into place; its mtime is its revision
versions/<version>/   one environment, written once, never changed, read by mmap
versions/.staging-*   one that is being written, or was when its writer died
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import lmdb

from serving_export.errors import (
    BadPlace,
    BadRecord,
    BoardMoved,
    IncompleteVersion,
    StoreFailed,
    VersionGone,
    VersionInUse,
)
from serving_export.stores.board import Board, read_board
from serving_export.stores.store import IN_USE

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from serving_export.parts import Source
    from serving_export.stores.store import Records

MOST_BYTES = 1 << 40
"""The address space reserved while writing; the file is as large as its content."""
DAMAGES = (lmdb.InvalidError, lmdb.CorruptedError, lmdb.VersionMismatchError)
VERSION_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,127}")


class LmdbStore:
    """Versions in a folder of this machine; open it again after a fork."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder).absolute()
        self.place = str(folder)

    def board(self) -> Board:
        """Read the board; a folder without one holds no versions."""
        try:
            return read_board(self.place, (self._folder / "board.json").read_bytes())
        except FileNotFoundError:
            return Board()
        except OSError as broken:
            raise StoreFailed(self.place, broken) from None

    def post(self, board: Board) -> None:
        """Rename a new board into place, on disk before it is seen."""
        with self._locked("board.lock"):
            if self.board().revision != board.revision - 1:
                raise BoardMoved(self.place)
            try:
                self._replace(board)
            except OSError as broken:
                raise StoreFailed(self.place, broken) from None

    def tick(self) -> Hashable:
        """The revision, for the price of a stat."""
        try:
            return os.stat(self._folder / "board.json").st_mtime_ns
        except OSError:
            return None

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Wait until nobody else writes; a killed writer lets go by dying."""
        with self._locked("publish.lock"):
            yield

    def put(self, version: str, batches: Iterable[Records]) -> None:
        """Write an environment beside the others and rename it into place."""
        entry = self.board().entry(version)
        if entry and entry.state in IN_USE:
            raise VersionInUse(version, entry.state)
        final, staging = self._path(version), self._path(version, ".staging-")
        try:
            for left in final.parent.glob(".staging-*"):
                shutil.rmtree(left)
            self.drop(version)
            staging.mkdir(parents=True)
            _OPEN.pop(final, None)
            _write(staging, batches, version)
            staging.rename(final)
            _sync(final.parent)
        except (lmdb.Error, OSError) as broken:
            raise StoreFailed(self.place, broken) from broken

    def source(self, version: str) -> Source:
        """Look up keys; the environment stays mapped as long as the source is kept."""
        environment = _environment(self._path(version), version, self.place)

        def look_up(keys: list[bytes]) -> dict[bytes, bytes]:
            try:
                with environment.begin() as transaction:
                    found = ((key, transaction.get(key)) for key in keys)
                    return {key: value for key, value in found if value is not None}
            except lmdb.Error as broken:
                raise StoreFailed(self.place, broken) from None

        return look_up

    def scan(self, version: str) -> Iterator[tuple[bytes, bytes]]:
        """Every record in the order of keys."""
        environment = _environment(self._path(version), version, self.place)
        try:
            with environment.begin() as transaction, transaction.cursor() as cursor:
                yield from cursor
        except DAMAGES as damage:
            raise BadRecord(f"its version is damaged ({damage})") from None
        except lmdb.Error as broken:
            raise StoreFailed(self.place, broken) from None

    def drop(self, version: str) -> None:
        """Remove the environment; readers that hold it keep their map."""
        for path in (self._path(version), self._path(version, ".staging-")):
            if path.exists():
                shutil.rmtree(path)

    def _replace(self, board: Board) -> None:
        fresh = self._folder / ".board.json"
        with fresh.open("w") as file:
            file.write(board.to_json())
            file.flush()
            # an inode may be used again, and clocks are coarse: readers watch the revision
            os.utime(file.fileno(), ns=(board.revision, board.revision))
            os.fsync(file.fileno())
        fresh.rename(self._folder / "board.json")
        _sync(self._folder)

    def _path(self, version: str, before: str = "") -> Path:
        if not VERSION_NAME.fullmatch(version):
            raise BadPlace(version)
        return self._folder / "versions" / f"{before}{version}"

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = (self._folder / name).open("w")
        except OSError as broken:
            raise StoreFailed(self.place, broken) from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _write(folder: Path, batches: Iterable[Records], version: str) -> None:
    environment = lmdb.open(str(folder), map_size=MOST_BYTES, sync=False, lock=False)
    try:
        with environment.begin(write=True) as transaction, transaction.cursor() as cursor:
            for batch in batches:
                _, added = cursor.putmulti(batch, append=True, overwrite=False)
                if added != len(batch):  # LMDB skips a key that does not ascend
                    raise IncompleteVersion(version, "its keys do not ascend")
        environment.sync(True)
    finally:
        environment.close()


# LMDB maps an environment once for each process: all who read a version share it.
_OPEN: WeakValueDictionary[Path, lmdb.Environment] = WeakValueDictionary()
_OPENING = Lock()


def _environment(path: Path, version: str, place: str) -> lmdb.Environment:
    with _OPENING:
        environment = _OPEN.get(path)
        if environment is None:
            if not (path / "data.mdb").exists():
                raise VersionGone(version, place)
            environment = _OPEN[path] = _opened(path, place)
        return environment


def _opened(path: Path, place: str) -> lmdb.Environment:
    size = (path / "data.mdb").stat().st_size
    try:
        if size == 0:
            raise lmdb.InvalidError("an empty file")
        environment = lmdb.open(str(path), readonly=True, lock=False, readahead=False)
    except DAMAGES as damage:
        raise BadRecord(f"its version cannot be opened ({damage})") from None
    except lmdb.Error as broken:
        raise StoreFailed(place, broken) from None
    # reading behind the end of a file that was cut is no error but the end of the process
    if size < (environment.info()["last_pgno"] + 1) * environment.stat()["psize"]:
        environment.close()
        raise BadRecord("its version's file was cut")
    return environment


def _sync(folder: Path) -> None:
    """Put a rename in this folder on disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
