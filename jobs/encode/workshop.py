"""Keep files by what they are made of, so that each is made once and a killed run goes on.

The name of a file is the hash of its recipe: the hashes of what it is made from, the words of the
command and the versions of the tools. A file counts when its note stands beside it; the note is
written last and removed first, so what a kill left half-done is made again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from jobs.encode.calls import HALF_MADE, Call, overheard, placeless
from lakehouse.faults import require_room
from lakehouse.files import write_json
from lakehouse.locks import alone, if_free
from serving_export.titles import layout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Made:
    """A file or folder that a step made, and what was found out while making it."""

    path: Path
    sha256: str
    """Of the bytes; of a folder, of its files' names and bytes. It stands in the recipes of what
    is made from this."""
    facts: dict[str, Any]
    """JSON values; cpu_seconds among them where a tool ran."""
    calls: tuple[Call, ...] = ()
    """Every tool that ran for it, in order, as called from the workshop's folder."""


class Unmade(LookupError):
    """A file is not there, in a workshop that makes none."""


class Workshop:
    """The files of one title, below one folder; without `makes` only those that are there."""

    def __init__(self, folder: Path, makes: bool = True) -> None:
        self.folder, self.makes, self.is_swept = folder, makes, False
        self.asked: dict[str, Made] = {}
        """Name to each file that was asked for here, whoever made it: what a title is made of."""

    def make(self, kind: str, suffix: str, recipe: Facts, produce: Callable[[Path], Facts]) -> Made:
        """The file of this recipe, produced unless it is there.

        `produce` writes the path that it is given, a file or a folder, and returns JSON facts. Two
        processes that want the same file wait for each other. Raises NoSpace and what `produce` raises,
        or Unmade.
        """
        name = f"{kind}-{hash_of(recipe)}{suffix}"
        path, note = self.folder / name, self.folder / f"{name}.json"
        if not _is_made(path, note):
            if not self.makes:
                raise Unmade(name)
            self._sweep()
            require_room(self.folder)
            with alone(self.folder / "locks" / name):
                if not _is_made(path, note):
                    self._make(path, note, recipe, produce)
        made = self.asked[name] = self._read(path, note)
        return made

    def _sweep(self) -> None:
        """Remove what makers left half made who were killed: their locks are free. Once is enough."""
        if self.is_swept:
            return
        self.is_swept = True
        halves = list(self.folder.glob(".*"))
        for lock in (self.folder / "locks").glob("*") if halves else ():
            begins = (f"{HALF_MADE}{lock.name}", f".{lock.name}")  # the file's, and its note's
            if any(half.name.startswith(begins) for half in halves):
                with if_free(lock) as is_free:
                    for half in halves if is_free else ():
                        if half.name.startswith(begins):
                            remove(half)

    def _make(
        self, path: Path, note: Path, recipe: Facts, produce: Callable[[Path], Facts]
    ) -> None:
        part = self.folder / f"{HALF_MADE}{path.name}"
        for left in (note, part, path):
            remove(left)
        with overheard() as calls:
            facts = dict(produce(part))
        sha256 = sha256_of(part)
        part.replace(path)
        told = [asdict(placeless(call, self.folder)) for call in calls]
        write_json(note, {"sha256": sha256, "facts": facts, "calls": told, "recipe": dict(recipe)})

    def _read(self, path: Path, note: Path) -> Made:
        said = json.loads(note.read_text())
        calls = tuple(
            Call(tuple(each["command"]), each["cpu_seconds"]) for each in said.get("calls", ())
        )
        return Made(path, said["sha256"], said["facts"], calls)


def _is_made(path: Path, note: Path) -> bool:
    """Both, since one that removes files may be killed after the first of the two."""
    return note.exists() and path.exists()


def hash_of(recipe: Facts) -> str:
    """Sixteen hex digits that name a recipe."""
    text = json.dumps(recipe, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def sha256_of(path: Path) -> str:
    """Of a file's bytes, or of the names and bytes of all files in a folder, as versions are named."""
    if not path.is_file():
        return layout.content_hash(path)
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def bytes_of(path: Path) -> int:
    """Of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
