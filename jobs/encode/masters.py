"""Keep masters for good: written once, read-only, their hash checked at each opening."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from jobs.encode.workshop import sha256_of
from lakehouse.errors import MarqueeError
from lakehouse.faults import require_room
from lakehouse.locks import alone

if TYPE_CHECKING:
    from pathlib import Path

READ_ONLY = 0o444


class MasterAltered(MarqueeError):
    """A kept master is gone, or its bytes are no longer those that were kept."""

    def __init__(self, sha256: str, said: str) -> None:
        super().__init__(
            f"The kept master {sha256[:16]} {said}, so nothing is encoded from it: bring its "
            "file back from a backup, or take the delivered file in again."
        )


def keep(folder: Path, file: Path) -> tuple[str, Path]:
    """Copy a file into the store unless it is there; its SHA-256 and its place.

    The copy is hashed while nobody can see it and moved into place whole, so a kill leaves either
    nothing or the master. Raises NoSpace, and MasterAltered where the store holds other bytes
    under this hash, or the delivered file changed while it was read.
    """
    sha256 = sha256_of(file)
    with alone(folder / "locks" / sha256):
        if _places(folder, sha256):
            return sha256, opened(folder, sha256)
        require_room(folder)
        kept, part = folder / f"{sha256}{file.suffix.lower()}", folder / f".part-{sha256}"
        shutil.copyfile(file, part)
        if sha256_of(part) != sha256:
            part.unlink()
            raise MasterAltered(sha256, "changed while it was being taken in")
        part.chmod(READ_ONLY)
        _flush(part)
        part.replace(kept)
        _flush(folder)
    return sha256, kept


def opened(folder: Path, sha256: str) -> Path:
    """The place of a kept master, whose bytes were hashed just now; raises MasterAltered."""
    places = _places(folder, sha256)
    if not places:
        raise MasterAltered(sha256, f"is not in {folder}")
    found = sha256_of(places[0])
    if found != sha256:
        raise MasterAltered(sha256, f"holds other bytes ({found[:16]})")
    return places[0]


def _places(folder: Path, sha256: str) -> list[Path]:
    return sorted(folder.glob(f"{sha256}*"))


def _flush(place: Path) -> None:
    """Put a file, or a folder's list of names, on the disk: a master outlives a power cut."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
