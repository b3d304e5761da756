"""Hear which tools a step calls, and tell it without naming a place of this machine."""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

IN_MEMORY = re.compile(r"/proc/\d+/fd/\d+")
"""What `protection.in_memory` hands to a tool: keys, or a list that names them."""
SCRATCH = re.compile(rf"{re.escape(tempfile.gettempdir())}/(marquee-|tmp)[a-z0-9_]{{8}}(?=/|$)")
"""Folders that Python's tempfile makes, named by chance."""
HALF_MADE = ".part-"
"""What a file's name begins with until it is whole."""


@dataclass(frozen=True)
class Call:
    """One call of a tool."""

    command: tuple[str, ...]
    """The program by name and its words."""
    cpu_seconds: float
    """User and system time of its process."""


_HEARD: ContextVar[list[Call] | None] = ContextVar("heard", default=None)


@contextmanager
def overheard() -> Iterator[list[Call]]:
    """Every call of a tool that ends within, well or not, in order; other threads' are not heard."""
    calls: list[Call] = []
    before = _HEARD.set(calls)
    try:
        yield calls
    finally:
        _HEARD.reset(before)


def heard(call: Call) -> None:
    """Tell who listens that a tool was called."""
    calls = _HEARD.get()
    if calls is not None:
        calls.append(call)


def placeless(call: Call, folder: Path) -> Call:
    """The call as it would be written in `folder`, the workshop of a title.

    The same step has the same words on any machine: files of the workshop by name, masters by their
    place beside it, scratch folders as TMP, files in memory as IN_MEMORY, others by name alone.
    """
    return Call(tuple(_placeless(word, folder) for word in call.command), call.cpu_seconds)


def _placeless(word: str, folder: Path) -> str:
    said = word.replace(f"{folder}/{HALF_MADE}", "").replace(f"{folder}/", "")
    said = SCRATCH.sub(lambda found: found[0] if folder.is_relative_to(found[0]) else "TMP", said)
    said = IN_MEMORY.sub("IN_MEMORY", said.replace(f"{folder.parent.parent}/", "../../"))
    return Path(said).name if said.startswith("/") else said
