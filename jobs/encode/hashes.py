"""Hash a large file once on this machine, and believe that until something touches the file.

Every task of a title opens its master; a mezzanine of 100 GB that 300 tasks hash is 30 TB of reading.
What was found is noted outside of the store with all that the system changes when a file is written,
renamed or put in another's place. Bytes that change behind the system's back are seen where a file
is hashed anew, as each release does.
"""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING

from jobs.encode.workshop import sha256_of
from lakehouse.files import write_json
from lakehouse.locks import alone

if TYPE_CHECKING:
    from pathlib import Path


class Hashes:
    """What files were found to hash to on this machine, a note each below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / platform.node()  # another machine may see another file there

    def of(self, file: Path, anew: bool = False) -> str:
        """The SHA-256 of a file, read only where it was touched since it was hashed, or `anew`."""
        note = self._note(file)
        with alone(self.folder / "locks" / file.name):  # the second of two tasks need not read it
            marks = _marks(file)
            if not anew and note.exists() and (said := json.loads(note.read_text()))[:-1] == marks:
                return str(said[-1])
            sha256 = sha256_of(file)
            write_json(note, [*marks, sha256])
            return sha256

    def believe(self, file: Path, sha256: str) -> None:
        """Note what was hashed while the file was written, before anybody could touch it."""
        write_json(self._note(file), [*_marks(file), sha256])

    def forget(self, file: Path) -> None:
        """Note nothing of a file that is gone."""
        self._note(file).unlink(missing_ok=True)

    def _note(self, file: Path) -> Path:
        return self.folder / f"{file.name}.json"


def _marks(file: Path) -> list[str | int]:
    """What differs after a file was touched; no program can set the time of its last change back."""
    facts = file.stat()
    return [
        str(file.absolute()), facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns,
        facts.st_ctime_ns,
    ]  # fmt: skip
