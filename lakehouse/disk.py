"""Refuse to begin what a full disk would stop half-way."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from lakehouse.errors import NoSpace

ROOM = 100_000_000
"""Bytes that must be free before a service starts or a table is written: the largest file of a
small night. Engines meet a full disk with a storm of their own words; this is one sentence."""
FULL = re.compile("no space left|disk is full|quota exceeded|file too large", re.IGNORECASE)
"""How the kernel, SQLite, Delta and Spark say it, each in an exception of its own."""


def require_room(place: str | Path) -> None:
    """Raise NoSpace where the disk that holds this place is nearly full."""
    folder = Path(place).absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        raise NoSpace(f"{free / 1e6:.0f} MB are free under {place}")


def told_full(error: BaseException | None) -> str | None:
    """What was said of a full disk by this error or one behind it; None if nothing was."""
    while error is not None:
        for line in str(error).splitlines():
            if FULL.search(line):
                return line.strip()[:300]
        error = error.__cause__ or error.__context__
    return None
