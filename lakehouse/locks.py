"""Let one process of this machine at a time do what two at once could spoil."""

from __future__ import annotations

import fcntl
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

logger = logging.getLogger(__name__)


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Wait until no other process holds this file's lock, and hold it.

    The kernel drops the lock when its holder ends, however it ends, so none is ever left behind.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("another process holds %s; waiting for it to end", file.name)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def together(file: Path) -> Iterator[None]:
    """Hold a file's lock beside others that hold it so; who wants it `after_all` goes before us."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        with alone(_turn(file)):
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield


@contextmanager
def after_all(file: Path) -> Iterator[None]:
    """Wait for all that hold a file's lock `together`, none of whom begins meanwhile, and hold it alone."""
    with alone(_turn(file)), alone(file):
        yield


def _turn(file: Path) -> Path:
    return file.with_name(f"{file.name}.turn")


@contextmanager
def if_free(file: Path) -> Iterator[bool]:
    """Hold a file's lock where nobody holds it, and wait for none: whether it is held."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
