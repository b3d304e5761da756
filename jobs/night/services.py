"""Run Spark and Airflow for as long as a command needs them, once per var folder."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psutil

from jobs.night.airflow_home import USER, AirflowHome, airflow_home, write_private
from jobs.night.api import Airflow
from lakehouse import spark_server
from lakehouse.errors import MarqueeError
from lakehouse.faults import require_room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

    from lakehouse.keeper import Kept
    from lakehouse.settings import Settings

PATIENCE_SECONDS = 300.0
"""Half a minute on an idle machine, two on a busy one."""
LAST_MOMENT_SECONDS = 30.0
"""How long the services of a killed command may still be ending."""


class AlreadyRunning(MarqueeError):
    """Another command of this var folder runs the scheduler."""

    def __init__(self, kind: str, process: int) -> None:
        super().__init__(
            f"`marquee {kind}` runs here already (process {process}), and two schedulers on one "
            f"SQLite would lock each other out: wait for it to end, or stop it with kill {process}."
        )


class ServiceEnded(MarqueeError):
    """A service ended or stayed silent, so the night cannot go on."""

    def __init__(self, name: str, log: Path, cause: str) -> None:
        super().__init__(
            f"{name} ended or does not answer, so the night cannot go on: {cause} (all of it in "
            f"{log}). Call again to go on from here."
        )


class DagsBroken(MarqueeError):
    """A DAG file cannot be read."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(
            f"A DAG file cannot be read, so nothing was started: {errors[0]}. "
            "Mend it and call again."
        )


@dataclass(frozen=True)
class Running:
    """What a command works with while the services run."""

    airflow: Airflow
    home: AirflowHome
    kept: list[Kept]

    def require_alive(self) -> None:
        """Raise ServiceEnded if a service that we started is gone."""
        for service in self.kept:
            if not service.running:
                raise ServiceEnded(service.name, service.log, service.cause())

    def listens(self) -> bool:
        """Whether our API, and not a stranger who was faster, listens on its port."""
        ours = [service for service in self.kept if service.name == "api-server"]
        return any(service.listens(self.home.port) for service in ours)


@contextmanager
def services(
    settings: Settings, kind: str, dags: Path | None = None, spark: bool = True
) -> Iterator[Running]:
    """Start everything; what we start, we end. A night joins the services of `marquee ui`.

    Without `spark` no Spark server is started: video has no use for one.

    Raises NoSpace, AlreadyRunning, ServiceEnded, SparkDidNotStart, AirflowNotMade or DagsBroken.
    """
    require_room(settings.var)
    folder = settings.at("airflow")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        if _locked(lock, folder):
            port = spark_server.free_port()
            home = airflow_home(settings, port, *([dags] if dags else []))
            ours = {"kind": kind, "process": os.getpid(), "port": port}
            write_private(folder / "running.json", json.dumps(ours))
            yield from _started(settings, home, lock.fileno(), spark)
        else:
            told = _told(folder)
            if [kind, told["kind"]].count("ui") != 1:
                raise AlreadyRunning(told["kind"], told["process"])
            home = airflow_home(settings, told["port"])
            yield Running(Airflow(home.address, USER, home.password), home, [])


def _locked(lock: IO[str], folder: Path) -> bool:
    """Take the lock of this folder; of a command that was killed, the services last a moment."""
    deadline = time.monotonic() + LAST_MOMENT_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if _alive(folder) or time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        else:
            return True


def _alive(folder: Path) -> bool:
    """Whether the command that told last that it runs here does; the first one may not have yet."""
    told = (folder / "running.json").exists()
    return told and psutil.pid_exists(_told(folder)["process"])


def _told(folder: Path) -> dict[str, Any]:
    """Who runs the services of this folder, in the words that the one who took the lock left."""
    told: dict[str, Any] = json.loads((folder / "running.json").read_text())
    return told


def _started(settings: Settings, home: AirflowHome, lock: int, spark: bool) -> Iterator[Running]:
    kept: list[Kept] = []
    server: spark_server.SparkServer | None = None
    try:
        environment = {"MARQUEE_VAR": settings.var}
        if spark and settings.spark_remote.startswith("local"):
            server = spark_server.start(settings)
            kept.append(server.kept)
            environment |= server.environment
        home.migrate()
        kept += home.start(environment, lock)
        running = Running(Airflow(home.address, USER, home.password), home, kept)
        if server:
            spark_server.wait(server)
        wait(running)
        yield running
    finally:
        end(kept)


def wait(running: Running, patience: float = PATIENCE_SECONDS) -> None:
    """Return when Airflow is healthy and has read every DAG file.

    Raises ServiceEnded, or DagsBroken as soon as a file was read in vain.
    """
    wanted = {file.stem for file in running.home.dags.glob("*.py")}
    began, deadline = datetime.now(UTC), time.monotonic() + patience
    while True:
        running.require_alive()
        if running.listens() and running.airflow.healthy():
            if wanted <= running.airflow.dags():
                return
            # those of before may have been mended since: the database forgets them at the next read
            if broken := running.airflow.import_errors(began):
                raise DagsBroken(broken)
        if time.monotonic() > deadline:
            silent = running.kept[-1]
            raise ServiceEnded("Airflow", silent.log.parent, silent.cause())
        time.sleep(0.3)


def end(kept: list[Kept]) -> None:
    """End the services: the scheduler first, so that its tasks can still tell the API their end."""
    for service in kept:
        if service.name == "scheduler":
            service.stop()
    for service in kept:
        service.ask_to_end()
    for service in kept:
        service.stop()
