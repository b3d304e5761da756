"""Know a full disk and a broken file by what each engine says of them, or before it does."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from lakehouse.errors import BrokenFile, MarqueeError, NoSpace

ROOM = 100_000_000
"""Bytes that must be free before a service starts or a table is written: the largest file of a
small night. Engines meet a full disk with a storm of their own words; this is one sentence."""
FULL = re.compile(
    "no space left|disk is full|quota exceeded|file too large|out of disk space", re.IGNORECASE
)
"""How the kernel, SQLite, Delta, Spark and Shaka Packager say it."""
FILE = re.compile(r"(?<!\S)\S*night=\S+\.parquet")
"""How a file of a table is called; DuckDB and Spark name the one that they cannot read."""
SAID_CHARACTERS = 300
"""Of an engine's words, what a sentence quotes: a copy that failed names each file of a folder."""


def require_room(place: str | Path, wanted_bytes: int = 0) -> None:
    """Raise NoSpace where the disk that holds this place is nearly full, or would be with so much more."""
    folder = Path(place).absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < (needed := ROOM + wanted_bytes):
        of = f" of {needed / 1e6:.0f} that are needed" if wanted_bytes else ""
        raise NoSpace(f"{free / 1e6:.0f} MB{of} are free under {place}")


def named(error: BaseException | None) -> MarqueeError | None:
    """The error in our words, where this one or one behind it is of a full disk or a broken file."""
    while error is not None:
        for line in map(str.strip, str(error).splitlines()):
            if found := FULL.search(line):
                return NoSpace(_cut(line, found))
            if found := FILE.search(line):
                told = _cut(line, found) if len(line) > len(found[0]) else type(error).__name__
                return BrokenFile("a table", told)
        error = error.__cause__ or error.__context__
    return None


def _cut(line: str, found: re.Match[str]) -> str:
    """The line's first words, or where what was found stands later, those that end with it."""
    start = max(0, found.end() - SAID_CHARACTERS)
    return line[start : start + SAID_CHARACTERS]
