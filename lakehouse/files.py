"""Write files and folders whole or not at all: who reads during a write, or after a kill, finds the old or the new."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a text file in the place of the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(
        f".{path.name}.{os.getpid()}.part"
    )  # which no pattern of names takes for one
    with part.open("w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)


def write_json(path: Path, content: Any) -> None:
    """Write JSON in the place of the file before; equal contents are equal bytes."""
    write_whole(path, f"{json.dumps(content, indent=1, sort_keys=True)}\n")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, which takes its place, and that of a spoilt one, when the block ends well."""
    staged = folder.with_name(f".{folder.name}.staged")
    shutil.rmtree(staged, ignore_errors=True)  # of a writer that was killed
    staged.mkdir(parents=True)
    yield staged
    shutil.rmtree(folder, ignore_errors=True)
    staged.rename(folder)
