"""A kept service lives exactly as long as who asked for it, with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from lakehouse import keeper
from tests.processes import known, living, outlived

if TYPE_CHECKING:
    from pathlib import Path

    import psutil

# a service as Airflow is one: it starts a child in a session of its own, and prints both
SERVICE = """
import os, subprocess, sys, time
child = subprocess.Popen(["sleep", "300"], start_new_session=True)
print(os.getpid(), child.pid, flush=True)
time.sleep(300)
"""
# who asks for it, and is then killed without a chance to end anything
ASKER = """
import os, sys, time
from pathlib import Path
from lakehouse import keeper
keeper.keep("service", [sys.executable, "-c", sys.argv[1]], Path(sys.argv[2]), dict(os.environ))
time.sleep(300)
"""


def processes(log: Path) -> list[psutil.Process]:
    """The service and its child, once both have run, as far as they still do."""
    deadline = time.monotonic() + 60
    while not (log.exists() and len(log.read_text().split()) == 2):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return known(int(number) for number in log.read_text().split())


def test_stopping_ends_what_left_the_group_too(tmp_path: Path) -> None:
    log = tmp_path / "log"
    kept = keeper.keep("service", [sys.executable, "-c", SERVICE], log, dict(os.environ))
    found = processes(log)
    assert kept.running
    kept.stop()
    assert not living(found)  # stop returns when all is gone, not when it was asked to go
    assert not kept.running


def test_a_killed_asker_takes_its_service_along(tmp_path: Path) -> None:
    log = tmp_path / "log"
    asker = subprocess.Popen([sys.executable, "-c", ASKER, SERVICE, str(log)])
    found = processes(log)
    asker.send_signal(signal.SIGKILL)
    asker.wait()
    assert not outlived(found)


def test_a_child_outlives_its_service_only_for_a_moment(tmp_path: Path) -> None:
    # the service ends by itself and leaves an orphan, which falls to the keeper
    log = tmp_path / "log"
    code = SERVICE.replace("time.sleep(300)", "sys.exit(3)")
    kept = keeper.keep("service", [sys.executable, "-c", code], log, dict(os.environ))
    found = processes(log)
    assert kept.process.wait(60) == 3  # and its status is told on
    assert not living(found)


def test_who_does_not_listen_is_killed_after_the_grace(tmp_path: Path) -> None:
    log = tmp_path / "log"
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVICE
    kept = keeper.keep(
        "service", [sys.executable, "-c", deaf], log, dict(os.environ), grace_seconds=0.5
    )
    found = processes(log)
    began = time.monotonic()
    kept.stop()
    assert not living(found)
    assert time.monotonic() - began > 0.5


def test_a_keeper_that_is_told_twice_to_end_leaves_nothing(tmp_path: Path) -> None:
    # its second signal ended it before what it keeps: workers of Airflow ran on for good
    log = tmp_path / "log"
    deaf = "import signal; signal.signal(signal.SIGTERM, lambda *_: print('no', flush=True))\n"
    kept = keeper.keep(
        "service", [sys.executable, "-c", deaf + SERVICE], log, dict(os.environ), grace_seconds=1.0
    )
    found = processes(log)
    kept.process.terminate()
    while "no" not in log.read_text():
        time.sleep(0.02)
    kept.process.terminate()
    assert kept.process.wait(60) == 128 + signal.SIGTERM
    assert not living(found)


def test_a_lock_lasts_until_the_service_is_gone(tmp_path: Path) -> None:
    # else a second scheduler starts while the first is still writing its last words
    fcntl = pytest.importorskip("fcntl")
    log = tmp_path / "log"
    with (tmp_path / "lock").open("w") as ours:
        fcntl.flock(ours, fcntl.LOCK_EX)
        kept = keeper.keep(
            "service", ["sleep", "300"], log, dict(os.environ), held=(ours.fileno(),)
        )
    with (tmp_path / "lock").open("w") as theirs:
        with pytest.raises(BlockingIOError):
            fcntl.flock(theirs, fcntl.LOCK_EX | fcntl.LOCK_NB)
        kept.stop()
        fcntl.flock(theirs, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_last_lines_are_the_end_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", "print('a\\nb\\nc')"]
    kept = keeper.keep("service", command, log, dict(os.environ))
    kept.process.wait(60)
    assert kept.last_lines(2) == "b\nc"
