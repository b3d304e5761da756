"""Keep masters for good: written once, read-only, hashed before they are opened after any touch.

A folder keeps them itself. S3 keeps them behind a folder of the same shape, which holds copies of
what was used here and can be emptied at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from jobs.encode.hashes import Hashes
from jobs.encode.workshop import sha256_of
from lakehouse.errors import MarqueeError
from lakehouse.faults import require_room
from lakehouse.files import write_json
from lakehouse.locks import alone

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakehouse.settings import Settings
    from serving_export.titles.s3 import Bucket, Found

READ_ONLY, WRITABLE = 0o444, 0o644


class MasterAltered(MarqueeError):
    """A kept master is gone, or its bytes are no longer those that were kept."""

    def __init__(self, sha256: str, said: str) -> None:
        super().__init__(
            f"The kept master {sha256[:16]} {said}, so nothing is encoded from it: bring its "
            "file back from a backup, or take the delivered file in again."
        )


class Masters(Protocol):
    """Where masters are kept, and the captions and descriptions that were delivered with them."""

    @property
    def folder(self) -> Path:
        """Where files lie that tools can read."""

    def keep(self, file: Path, tell: Callable[[str], None] = lambda _: None) -> tuple[str, Path]:
        """Keep a file unless it is kept; its SHA-256 and the place where tools can read it.

        `tell` hears the SHA-256 before anything is kept. Nobody sees a file before all of it is there.
        Raises NoSpace, and MasterAltered where the store holds other bytes under this hash, or the
        delivered file changed while it was read.
        """

    def opened(self, sha256: str, anew: bool = False) -> Path:
        """The place of a kept file, hashed since it was last touched, or just now where `anew`.

        Raises MasterAltered.
        """

    def remove(self, sha256: str) -> None:
        """Keep a file no longer, here or anywhere; a file that is gone is no error."""


def store_of(settings: Settings) -> Masters:
    """The store that the setting names: a folder, or s3://bucket/prefix; raises BucketFailed."""
    hashes = Hashes(settings.at("titles", "hashes"))
    if not settings.masters.startswith("s3://"):
        return FolderMasters(Path(settings.masters), hashes)
    from serving_export.titles.s3 import Bucket

    return S3Masters(Bucket(settings.masters), settings.at("titles", "masters"), hashes)


class FolderMasters:
    """Masters in a folder: a file each, named by its hash."""

    def __init__(self, folder: Path, hashes: Hashes) -> None:
        self.folder, self.hashes = folder, hashes

    def keep(self, file: Path, tell: Callable[[str], None] = lambda _: None) -> tuple[str, Path]:
        """Copied and hashed while nobody can see it, then moved into place whole."""
        sha256 = sha256_of(file)
        tell(sha256)
        with alone(self.folder / "locks" / sha256):
            if _places(self.folder, sha256):
                return sha256, self.opened(sha256)
            require_room(self.folder)
            part = self.folder / f".part-{sha256}"
            part.unlink(missing_ok=True)  # read-only where a kill came just before its move
            shutil.copyfile(file, part)
            if sha256_of(part) != sha256:
                part.unlink()
                raise MasterAltered(sha256, "changed while it was being taken in")
            kept = _moved(part, self.folder / f"{sha256}{file.suffix.lower()}")
            self.hashes.believe(kept, sha256)
            return sha256, kept

    def opened(self, sha256: str, anew: bool = False) -> Path:
        """Hashed where it lies."""
        places = _places(self.folder, sha256)
        if not places:
            raise MasterAltered(sha256, f"is not in {self.folder}")
        found = self.hashes.of(places[0], anew)
        if found != sha256:
            raise MasterAltered(sha256, f"holds other bytes ({found[:16]})")
        return places[0]

    def remove(self, sha256: str) -> None:
        """Nobody keeps it at the same time."""
        with alone(self.folder / "locks" / sha256):
            _unlink(self.folder, self.hashes, sha256)


class S3Masters:
    """Masters in S3: an object each, named by its hash, and copies here of those that were used."""

    def __init__(self, bucket: Bucket, folder: Path, hashes: Hashes) -> None:
        self.bucket, self.folder, self.hashes = bucket, folder, hashes

    def keep(self, file: Path, tell: Callable[[str], None] = lambda _: None) -> tuple[str, Path]:
        """Put, then fetched: what counts as kept was read back from S3. Raises BucketFailed too."""
        sha256 = sha256_of(file)
        tell(sha256)
        with alone(self.folder / "locks" / f"put-{sha256}"):
            self.bucket.put_once(sha256, file, sha256)
        return sha256, self.opened(sha256)

    def opened(self, sha256: str, anew: bool = False) -> Path:
        """The copy where S3 still holds what it was made from, else a new one; raises BucketFailed too.

        A copy that is spoilt is fetched again, unless `anew`: something may have been made of it.
        """
        found = self.bucket.find(sha256)
        if found is None:
            raise MasterAltered(sha256, f"is not in {self.bucket.place}")
        copy, note = (
            self.folder / f"{sha256}{found.suffix}",
            self.folder / "notes" / f"{sha256}.json",
        )
        with alone(self.folder / "locks" / sha256):
            if _noted(note) == found.etag and copy.exists():
                if self.hashes.of(copy, anew) == sha256:
                    return copy
                if anew:
                    raise MasterAltered(sha256, "has a copy here with other bytes")
            self._fetch(sha256, found, copy)
            write_json(note, {"etag": found.etag})
        return copy

    def remove(self, sha256: str) -> None:
        """From S3, then the copy and what is noted of it; raises BucketFailed too."""
        self.bucket.remove(sha256)
        with alone(self.folder / "locks" / sha256):
            _unlink(self.folder, self.hashes, sha256)
            (self.folder / "notes" / f"{sha256}.json").unlink(missing_ok=True)

    def _fetch(self, sha256: str, found: Found, copy: Path) -> None:
        require_room(self.folder)
        version = hashlib.sha256(found.etag.encode()).hexdigest()[:16]
        part = (
            self.folder / f".part-{sha256}-{version}"
        )  # never the head of one and the tail of another
        if part.exists():
            part.chmod(WRITABLE)  # read-only where a kill came just before its move
        got = self.bucket.fetch(sha256, found, part)
        if got != sha256:
            part.unlink()
            raise MasterAltered(sha256, f"holds other bytes ({got[:16]}) in {self.bucket.place}")
        self.hashes.believe(_moved(part, copy), sha256)


def _places(folder: Path, sha256: str) -> list[Path]:
    return sorted(folder.glob(f"{sha256}*"))


def _unlink(folder: Path, hashes: Hashes, sha256: str) -> None:
    for place in _places(folder, sha256):
        place.unlink()
        hashes.forget(place)
    for half in folder.glob(f".part-{sha256}*"):  # a killed keeper's: the bytes of a film too
        half.unlink()


def _noted(note: Path) -> str | None:
    return str(json.loads(note.read_text())["etag"]) if note.exists() else None


def _moved(part: Path, kept: Path) -> Path:
    """Put a whole file into its place, read-only and on the disk; a master outlives a power cut."""
    part.chmod(READ_ONLY)
    _flush(part)
    part.replace(kept)
    _flush(kept.parent)
    return kept


def _flush(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
