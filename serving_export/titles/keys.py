"""Keep the content keys of titles, encrypted at rest, and write down every use of them.

The ring is one file under AES-256-GCM, read whole and replaced whole. Keys are drawn at random, so
a title packages to the same bytes again only with the same ring.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lakehouse.errors import MarqueeError
from lakehouse.locks import alone
from serving_export.titles.layout import checked_id
from serving_export.titles.master_key import RING, master_keys, require_private, write_private
from serving_export.titles.sealed import cipher, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from serving_export.titles.sealed import Titles

LABELS = ("SD", "HD", "AUDIO")
"""What has a key of its own: a licence may leave HD to screens that protect it."""
AUDIT = "audit.jsonl"


class WrongMasterKey(MarqueeError):
    """The key ring does not open with this master key."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The key ring in {folder} does not open, because the master key is not the one it was "
            "made with or the file was altered; titles can be neither packaged nor played: give "
            "the right key or restore the ring from a copy."
        )


class NoSuchKey(MarqueeError):
    """The key ring does not hold a key."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The key ring holds no {what}, so what it protects cannot be opened: it was dropped, "
            "or belongs to another title or ring."
        )


class KeysInUse(MarqueeError):
    """The current keys of a title were to be dropped."""

    def __init__(self, title_id: str, version: int) -> None:
        super().__init__(
            f"Version {version} holds the current keys of {title_id}, so they were not dropped: "
            "rotate the keys and publish first."
        )


@dataclass(frozen=True)
class Key:
    """A content key: its id may be seen by anybody, its value by nobody."""

    id: str
    """32 hex digits."""
    value: bytes = field(repr=False)
    """16 bytes; no part of what is printed."""


@dataclass(frozen=True)
class KeySet:
    """The keys of one version of a title, by label."""

    version: int
    keys: Mapping[str, Key]

    @property
    def ids(self) -> dict[str, str]:
        """Label to key id: all that a recipe, receipt or log may say of the keys."""
        return {label: key.id for label, key in self.keys.items()}


class KeyRing:
    """The keys of all titles below one folder."""

    def __init__(
        self, folder: Path, masters: Callable[[], Sequence[bytes]], who: str | None = None
    ) -> None:
        """`masters` finds the master keys of which one opens the ring, again where one was changed.

        `who` stands in the audit log beside each use; by default the user and the process.
        """
        self.folder = folder
        self._masters = masters
        self._master = masters()[0]
        self._who = who or f"uid {os.geteuid()}, process {os.getpid()}"
        cipher(self._master)  # refuses one that is no key before there is a ring
        self._titles()

    @classmethod
    def open(cls, folder: Path, master_key: bytes, who: str | None = None) -> KeyRing:
        """The ring in a folder, empty where there is none; raises WrongMasterKey, ReadableByOthers."""
        return cls(folder, lambda: (master_key,), who)

    @classmethod
    def found(cls, folder: Path, environment: Mapping[str, str] | None = None) -> KeyRing:
        """The ring with the master key of the environment, or beside it; raises what those raise."""
        return cls(folder, lambda: master_keys(folder, environment))

    def keys_for(self, title_id: str, used_for: str = "packaging") -> KeySet:
        """The current keys of a title, made where it has none."""
        with self._changing() as titles:
            if title_id not in titles:
                self._add(titles, title_id, 1)
            return self._used(titles, title_id, titles[title_id]["current"], used_for)

    def key_set(self, title_id: str, version: int, used_for: str) -> KeySet:
        """The keys of an older version of a title; raises NoSuchKey."""
        titles = self._titles()
        if str(version) not in titles.get(checked_id(title_id), {"versions": {}})["versions"]:
            raise NoSuchKey(f"version {version} of the keys of {title_id}")
        return self._used(titles, title_id, version, used_for)

    def versions(self, title_id: str) -> tuple[int, ...]:
        """The versions of a title's keys, the current one last."""
        held = self._titles().get(checked_id(title_id), {"versions": {}})["versions"]
        return tuple(sorted(map(int, held)))

    def rotate(self, title_id: str, after: int | None = None) -> KeySet:
        """Fresh keys for a title; those before it go on opening what they protect.

        With `after` it makes none where the current version is a later one already, so that a
        rotation that was killed halfway goes on with the keys that it had made. Raises NoSuchKey.
        """
        with self._changing() as titles:
            if checked_id(title_id) not in titles:
                raise NoSuchKey(f"keys of {title_id}")
            current = titles[title_id]["current"]
            if after is None or current <= after:
                self._add(titles, title_id, current + 1)
            return self._used(titles, title_id, titles[title_id]["current"], "rotation")

    def drop(self, title_id: str, version: int) -> None:
        """Forget old keys: packages made with them never play again. Raises KeysInUse, NoSuchKey."""
        with self._changing() as titles:
            held = titles.get(checked_id(title_id), {"versions": {}, "current": 0})
            if held["current"] == version:
                raise KeysInUse(title_id, version)
            gone = held["versions"].pop(str(version), None)
            if gone is None:
                raise NoSuchKey(f"version {version} of the keys of {title_id}")
            self._audit("dropped", title_id, version, [key["id"] for key in gone.values()])

    def forget(self, title_id: str) -> None:
        """Destroy all keys of a title, so that nothing that they protect ever plays again."""
        with self._changing() as titles:
            held = titles.pop(checked_id(title_id), {"versions": {}})
            for version, keys in held["versions"].items():
                self._audit("dropped", title_id, int(version), [key["id"] for key in keys.values()])

    def key(self, key_id: str, used_for: str, title_id: str | None = None) -> bytes:
        """The 16 bytes of a key, of this title where one is named; raises NoSuchKey."""
        for title, held in self._titles().items():
            for version, keys in held["versions"].items():
                for key in keys.values():
                    if key["id"] == key_id and title_id in (None, title):
                        self._audit("used", title, int(version), [key_id], used_for)
                        return bytes.fromhex(key["key"])
        raise NoSuchKey(f"key with the id {key_id[:32]!r}")

    def key_of(self, title_id: str, key_id: str) -> bytes | None:
        """The key that a licence for this title may hand out, or None."""
        try:
            return self.key(key_id, "licence", title_id)
        except NoSuchKey:
            return None

    def _add(self, titles: Titles, title_id: str, version: int) -> None:
        held = titles.setdefault(checked_id(title_id), {"versions": {}})
        held["current"] = version
        held["versions"][str(version)] = {
            label: {"id": secrets.token_hex(16), "key": secrets.token_hex(16)} for label in LABELS
        }
        ids = [key["id"] for key in held["versions"][str(version)].values()]
        self._audit("made", title_id, version, ids)

    def _used(self, titles: Titles, title_id: str, version: int, used_for: str) -> KeySet:
        said = titles[title_id]["versions"][str(version)]
        keys = {label: Key(key["id"], bytes.fromhex(key["key"])) for label, key in said.items()}
        self._audit("used", title_id, version, [key.id for key in keys.values()], used_for)
        return KeySet(version, keys)

    def lock_anew(self, master_key: bytes) -> None:
        """Encrypt the ring under another master key, which must be kept somewhere already."""
        with alone(self.folder / "ring.lock"):
            titles = self._titles()
            if self._master != master_key:
                self._audit("locked anew", "", 0, [])
                self._master = master_key
                self._write(titles)

    @contextmanager
    def _changing(self) -> Iterator[Titles]:
        """The titles to change, alone; written back where they changed."""
        with alone(self.folder / "ring.lock"):
            titles = self._titles()
            before = json.dumps(titles, sort_keys=True)
            yield titles
            if json.dumps(titles, sort_keys=True) != before:
                self._write(titles)

    def _write(self, titles: Titles) -> None:
        write_private(self.folder / RING, seal(titles, self._master))

    def _candidates(self) -> Iterator[bytes]:
        """The key that opened it last, then those that are found: another process may have locked it anew."""
        yield self._master
        yield from self._masters()

    def _titles(self) -> Titles:
        file = self.folder / RING
        if not file.exists():
            return {}
        require_private(file)
        stored = file.read_bytes()
        for master in self._candidates():
            titles = unseal(stored, master)
            if titles is not None:
                self._master = master
                return titles
        raise WrongMasterKey(self.folder)

    def _audit(
        self, what: str, title_id: str, version: int, key_ids: list[str], used_for: str = ""
    ) -> None:
        """Append one line; before a key is handed out, so that no use can go unwritten."""
        line = {
            "when": datetime.now(UTC).isoformat(), "who": self._who, "what": what, "for": used_for,
            "title": title_id, "version": version, "key_ids": key_ids,
        }  # fmt: skip
        file = self.folder / AUDIT
        append_line(file, json.dumps(line))


def append_line(file: Path, line: str) -> None:
    """Append a line that only the owner can read; raises OSError where it did not fit on the disk.

    It is one write, so that lines of two processes do not mix; after half a line that a full disk
    or a kill left, it begins on a line of its own.
    """
    opened = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(opened).st_size
        torn = size and os.pread(opened, 1, size - 1) != b"\n"
        content = ("\n" * bool(torn) + line + "\n").encode()
        if os.write(opened, content) != len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))
        os.fsync(opened)
    finally:
        os.close(opened)
