"""Make one title again and again, each time in a process that is killed at a moment of its own.

A moment is an audit event of Python (PEP 578) whose arguments match a pattern: just before a file is
renamed into its place or opened, or while a tool runs that was just started. So nothing of what is
tested is touched. Each process is a fork of this one, which imports the engines once for all; it
dies at the first moment at which none died before, and the last one comes to the end.

    python -m tests.jobs.encode.killing VAR make < [["os.rename", "/shots-"], ...]
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
from contextlib import suppress
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING

import deltalake
import matplotlib.pyplot
import mlflow.tracking
from rich.console import Console

from jobs.encode.order import orders
from jobs.encode.rotating import rotate
from jobs.encode.run import make_one
from jobs.encode.taking_in import NotMade
from lakehouse.settings import Settings
from lakehouse.tables import Lake

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobs.encode.order import Order

    Moment = tuple[str, str]

ENGINES = (deltalake, matplotlib.pyplot, mlflow.tracking)


START = "subprocess.Popen"
MEANWHILE_SECONDS = 0.01
"""After which a tool runs that was started, and nothing that it makes is in its place: an ffmpeg
takes longer to tell its version."""


def die_at(moments: Sequence[Moment], teller: int) -> None:
    """Kill this process at the first of these moments, which it tells: no handler runs."""
    end = partial(os.kill, os.getpid(), signal.SIGKILL)
    told = threading.Event()

    def watch(seen: str, arguments: tuple[object, ...]) -> None:
        for number, (event, pattern) in enumerate(() if told.is_set() else moments):
            if seen == event and re.search(pattern, " ".join(map(str, arguments))):
                told.set()
                os.write(teller, str(number).encode())
                if event != START:
                    end()
                signal.setitimer(signal.ITIMER_REAL, MEANWHILE_SECONDS)  # of the kernel: never late
                return

    sys.addaudithook(watch)


def died(work: Callable[[], object], moments: Sequence[Moment]) -> int | None:
    """At which of the moments a fork of this process was killed, or None where it came to its end."""
    listener, teller = os.pipe()
    child = os.fork()
    if not child:
        die_at(moments, teller)
        work()
        os._exit(0)
    os.close(teller)
    _, status = os.waitpid(child, 0)
    said = os.read(listener, 8)
    os.close(listener)
    if os.WIFEXITED(status):
        if os.WEXITSTATUS(status):
            raise RuntimeError("a process failed that was not killed")
        return None
    return int(said)


def refuse(lake: Lake, order: Order, console: Console) -> None:
    """Make a title that is refused."""
    with suppress(NotMade):
        make_one(lake, order, console)


def main() -> None:
    """Print the moments that never came."""
    lake = Lake(Settings(var=sys.argv[1]))
    (order,) = orders(lake.settings)
    console = Console(file=StringIO())
    work = {
        "make": lambda: make_one(lake, order, console),
        "refuse": lambda: refuse(lake, order, console),
        "rotate": lambda: rotate(lake, order.title_id, console),
    }[sys.argv[2]]
    due = [(event, pattern) for event, pattern in json.load(sys.stdin)]
    while (number := died(work, due)) is not None:
        del due[number]
    sys.stdout.write(json.dumps(due))


if __name__ == "__main__":
    main()
