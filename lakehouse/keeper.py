"""Keep a service alive exactly as long as the process that asked for it, however that one ends.

A service starts processes of its own (Airflow: workers, tasks, their jobs; Spark: Python workers),
in sessions of their own, so that ending one process group leaves orphans. Between us and each
service stands a small process, this module run as a program: orphans fall to it, not to init, and
it holds the reading end of a pipe whose writing end is ours. When we end, by any signal, the pipe
closes, and it ends all that descends from it.
"""

from __future__ import annotations

import ctypes
import re
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from pathlib import Path

GRACE_SECONDS = 10.0
"""How long a service may take to end by itself: a job ends its write, Spark clears its folders."""
EXCEPTION = re.compile(r"(Caused by: )?[\w.$]+(Exception|Error): |.*\[Errno \d+\] ")
"""How Java and Python begin the line that names what was raised; a web server tells the number of
the system's error in a line of its own form, and says after it only that it ends."""
PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>: orphans of our descendants become our children


@dataclass(frozen=True)
class Kept:
    """A running service."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def running(self) -> bool:
        """Whether the service has not ended."""
        return self.process.poll() is None

    def last_lines(self, count: int = 15) -> str:
        """The end of its log."""
        with suppress(FileNotFoundError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])
        return ""

    def cause(self) -> str:
        """The line of its log that says why it ended."""
        return cause(self.last_lines(200))

    def listens(self, port: int) -> bool:
        """Whether it, and not a stranger who was faster, listens on this port."""
        with suppress(psutil.NoSuchProcess):
            for process in psutil.Process(self.process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    for told in process.net_connections("tcp"):
                        if told.status == psutil.CONN_LISTEN and told.laddr.port == port:
                            return True
        return False

    def ask_to_end(self) -> None:
        """Let it end; does not wait."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()

    def stop(self) -> None:
        """End it and everything it started; returns when all of that is gone."""
        self.ask_to_end()
        self.process.wait()


def cause(said: str) -> str:
    """Of what a program said, the line that tells most: its last exception, else its last line."""
    lines = said.splitlines()
    told = [line for line in lines if EXCEPTION.match(line)] or lines or ["it said nothing"]
    return told[-1].strip()[:600]


def keep(
    name: str,
    command: list[str],
    log: Path,
    environment: dict[str, str],
    grace_seconds: float = GRACE_SECONDS,
    held: tuple[int, ...] = (),
) -> Kept:
    """Start a service whose output goes to a log, in a session of its own: ctrl-C is ours alone.

    A lock on one of the held file descriptors lasts until the service is gone, even if we go first.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "lakehouse.keeper", str(grace_seconds), *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            pass_fds=held,
        )
    return Kept(name, process, log)


def main(grace_seconds: float, command: list[str]) -> int:
    """Run the command until it ends or our input closes; then end all it started."""
    with suppress(AttributeError, OSError):  # elsewhere than on Linux, orphans can get away
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    told: list[int] = []  # a signal only notes itself: a second one must not end the ending
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, lambda number, _: told.append(number))
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603
    try:
        while child.poll() is None and not told:
            if select.select([sys.stdin], [], [], 0.2)[0]:
                break
    finally:
        end_descendants(grace_seconds)
    status = child.wait()
    return 128 + told[0] if told else status


def end_descendants(grace_seconds: float) -> None:
    """Ask every process below us to end, and after the grace make it."""
    deadline = time.monotonic() + grace_seconds
    asked: set[psutil.Process] = set()
    while left := living_descendants():
        late = time.monotonic() > deadline
        for process in left:
            with suppress(psutil.NoSuchProcess):
                if late:
                    process.kill()
                elif process not in asked:  # asked twice, Airflow drops what it is writing down
                    process.terminate()
        asked.update(left)
        psutil.wait_procs(left, timeout=0.2)


def living_descendants() -> list[psutil.Process]:
    """All processes below us that are not already dead."""
    found = psutil.Process().children(recursive=True)
    return [process for process in found if _lives(process)]


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
