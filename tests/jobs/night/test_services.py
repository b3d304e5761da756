"""One scheduler a var folder; the second to come joins it or is told so."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from jobs.night.airflow_home import AirflowNotMade, airflow_home
from jobs.night.api import Airflow
from jobs.night.services import (
    AlreadyRunning,
    Running,
    ServiceEnded,
    _locked,
    services,
    wait,
)
from jobs.night.site import site
from jobs.night.ui import mlflow
from lakehouse import keeper, spark_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lakehouse.settings import Settings

HOLDER = """
import fcntl, sys, time
lock = open(sys.argv[1], "a+")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def hold(folder: Path, kind: str, process: int) -> subprocess.Popen[str]:
    """Another process that runs the services of a folder, as far as others can see."""
    folder.mkdir(parents=True)
    told = {"kind": kind, "process": process, "port": 4711}
    (folder / "running.json").write_text(json.dumps(told))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder / "lock")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


@pytest.mark.parametrize(
    ("kind", "other"), [("night", "night"), ("night", "backfill"), ("ui", "ui")]
)
def test_two_schedulers_never_share_a_database(settings: Settings, kind: str, other: str) -> None:
    with (
        hold(settings.at("airflow"), other, os.getpid()),
        pytest.raises(AlreadyRunning, match=f"`marquee {other}` runs here already"),
        services(settings, kind),
    ):
        pass


def test_a_night_joins_the_airflow_of_the_ui(settings: Settings) -> None:
    with hold(settings.at("airflow"), "ui", os.getpid()), services(settings, "night") as running:
        assert running.home.address == "http://127.0.0.1:4711"
        assert running.kept == []  # what it did not start it does not end


def test_after_a_killed_command_its_last_services_are_waited_for(settings: Settings) -> None:
    # the command is dead, its services take a moment to end and hold the lock until then
    dead = subprocess.Popen(["true"])
    dead.wait()
    ended = threading.Event()
    folder = settings.at("airflow")
    with hold(folder, "night", dead.pid) as holder, (folder / "lock").open("a+") as lock:

        def end() -> None:
            ended.set()
            holder.communicate()

        timer = threading.Timer(0.5, end)
        timer.start()
        assert _locked(lock, folder)
        assert ended.is_set()
        timer.join()


def test_a_command_that_has_not_yet_told_who_it_is_is_waited_for(settings: Settings) -> None:
    # of two that are called at once on an empty var, the second ended in a traceback
    folder = settings.at("airflow")
    with hold(folder, "night", os.getpid()), (folder / "lock").open("a+") as lock:
        told = folder / "running.json"
        told.rename(folder / "soon")
        timer = threading.Timer(0.5, (folder / "soon").rename, (told,))
        timer.start()
        assert not _locked(lock, folder)
        assert told.exists()
        timer.join()


def test_a_service_that_ends_stops_the_wait_with_its_own_words(settings: Settings) -> None:
    home = airflow_home(settings, spark_server.free_port())
    line = ["sh", "-c", "echo OSError: the heap is gone; exit 3"]
    ended = keeper.keep("scheduler", line, settings.at("scheduler.log"), dict(os.environ))
    running = Running(Airflow(home.address, "admin", home.password), home, [ended])
    with pytest.raises(ServiceEnded, match=r"scheduler ended .* OSError: the heap is gone \(all"):
        wait(running)
    ended.stop()


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What listens on a port that seemed free, and that it took before we could."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = int(other.getsockname()[1])
        monkeypatch.setattr(spark_server, "free_port", lambda: port)
        monkeypatch.setattr("jobs.night.ui.free_port", lambda: port)
        yield other


@pytest.mark.service
def test_a_database_that_cannot_be_made_and_then_a_port_that_is_taken(
    settings: Settings, taken: socket.socket
) -> None:
    remote = replace(settings, spark_remote="sc://nowhere:1")
    folder = settings.at("airflow")
    folder.mkdir()
    (folder / "airflow.db").write_text("this is no database" * 99)
    with pytest.raises(AirflowNotMade, match=r": [\w. ()]*file is not a database\. Remove var"):
        services(remote, "night").__enter__()

    shutil.rmtree(folder)  # as the sentence says
    port = taken.getsockname()[1]
    with pytest.raises(ServiceEnded, match=rf"api-server ended .*{port}.*already in use"):
        services(remote, "night").__enter__()
    taken.settimeout(0)
    with pytest.raises(BlockingIOError):  # a stranger who keeps silent would be waited for a minute
        taken.accept()


@pytest.mark.service
@pytest.mark.usefixtures("taken")
def test_mlflow_says_that_its_port_is_taken(settings: Settings) -> None:
    with pytest.raises(ServiceEnded, match=r"mlflow ended .*in use"), mlflow(settings):
        pass


def fetch(address: str) -> str:
    with urlopen(address) as answer:  # noqa: S310 our own server
        return str(answer.read().decode())


@pytest.fixture
def served(tmp_path: Path) -> Path:
    for name in ("report/index.html", "checks/docs/index.html", "airflow/secrets.json"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "report" / "link").symlink_to(tmp_path / "airflow" / "secrets.json")
    return tmp_path


def test_report_and_checks_are_served_side_by_side(served: Path) -> None:
    with site(served, 0, "") as address:
        assert fetch(f"{address}/report/") == "report/index.html"
        assert fetch(f"{address}/checks/docs/index.html") == "checks/docs/index.html"


def test_the_link_of_the_report_leads_to_mlflow(served: Path) -> None:
    with site(served, 0, "") as other, site(served, 0, f"{other}/report") as address:
        assert fetch(f"{address}/mlflow/") == "report/index.html"
        with pytest.raises(HTTPError, match="404"):
            fetch(f"{address}/mlflow/mlflow.db")


@pytest.mark.parametrize(
    "path",
    ["/", "/airflow/secrets.json", "/report/../airflow/secrets.json",
     "/report/%2e%2e/airflow/secrets.json", "/report/link"],
)  # fmt: skip
def test_nothing_else_of_var_is_served(served: Path, path: str) -> None:
    with site(served, 0, "") as address, pytest.raises(HTTPError, match="404"):
        fetch(f"{address}{path}")
