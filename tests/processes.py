"""What became of processes that a test knows of, which may end at any moment."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable


def known(numbers: Iterable[int]) -> list[psutil.Process]:
    """Those of these numbers that are there now."""
    found = []
    for number in numbers:
        with suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(number))
    return found


def living(found: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that can still do something: who is dead and not yet buried by init cannot."""
    return [process for process in found if _lives(process)]


def outlived(found: Iterable[psutil.Process], seconds: float = 60.0) -> list[psutil.Process]:
    """Wait until none lives; those that did to the end."""
    deadline = time.monotonic() + seconds
    while (left := living(found)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def listening(top: psutil.Process) -> set[tuple[str, int]]:
    """Each address and port that a process and all below it listen on."""
    heard: set[tuple[str, int]] = set()
    for process in [top, *top.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):  # of those below, some last a second
            heard |= {
                (told.laddr.ip.removeprefix("::ffff:"), told.laddr.port)
                for told in process.net_connections()
                if told.status == psutil.CONN_LISTEN
            }
    return heard


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        dead = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
        return process.is_running() and process.status() not in dead
    return False
