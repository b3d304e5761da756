"""Keep a service alive exactly as long as the process that asked for it, however that one ends.

A service starts processes of its own (Airflow: workers, tasks, their jobs; Spark: Python workers),
in sessions of their own, so that ending one process group leaves orphans. Between us and each
service stands a small process, this module run as a program: orphans fall to it, not to init, and
it holds the reading end of a pipe whose writing end is ours. When we end, by any signal, the pipe
closes, and it ends all that descends from it.
"""

from __future__ import annotations

import ctypes
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

GRACE_SECONDS = 15.0
"""How long a service may take to end by itself: Airflow waits for its workers."""
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

    def ask_to_end(self) -> None:
        """Let it end; does not wait."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()

    def stop(self) -> None:
        """End it and everything it started; returns when all of that is gone."""
        self.ask_to_end()
        self.process.wait()


def keep(name: str, command: list[str], log: Path, environment: dict[str, str]) -> Kept:
    """Start a service whose output goes to a log, in a session of its own: ctrl-C is ours alone."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "lakehouse.keeper", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    return Kept(name, process, log)


def main(command: list[str]) -> int:
    """Run the command until it ends or our input closes; then end all it started."""
    with suppress(AttributeError, OSError):  # elsewhere than on Linux, orphans can get away
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, lambda *_: sys.exit(128))
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603
    try:
        while child.poll() is None:
            if select.select([sys.stdin], [], [], 0.2)[0]:
                break
    finally:
        end(child)
    return child.returncode


def end(child: subprocess.Popen[bytes]) -> None:
    """End the service by its own rules, then whatever it left behind."""
    if child.poll() is None:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_SECONDS)
    patience = time.monotonic() + 2
    while left := living_descendants():
        force = time.monotonic() > patience
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill() if force else process.terminate()
        psutil.wait_procs(left, timeout=0.5)
    child.wait()


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
    sys.exit(main(sys.argv[1:]))
