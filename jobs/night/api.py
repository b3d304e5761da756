"""Speak with Airflow's REST API: trigger and clear runs, read what became of them.

Only GET is asked repeatedly: each POST writes an audit row from the event loop of the API server,
and on SQLite that has been seen to hold a task's heartbeat for the five seconds of its lock.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lakehouse import keeper
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from datetime import date

FINISHED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


class AirflowRefused(MarqueeError):
    """Airflow answered a request with an error."""

    def __init__(self, what: str, status: int, answer: str) -> None:
        super().__init__(
            f"Airflow refused {what} with status {status}, so nothing was changed: {answer[:400]}. "
            "Its own words are in var/airflow/services/api-server.log."
        )


@dataclass(frozen=True)
class Run:
    """One run of a DAG for a night."""

    dag: str
    id: str
    night: str
    state: str
    run_after: str


@dataclass(frozen=True)
class Task:
    """One task of a run, as it stands."""

    dag: str
    run: str
    name: str
    state: str
    tries: int
    started: datetime | None
    seconds: float
    index: int = -1
    """Its place among the tasks of one name, where a task is run once for each of some keys."""


class Airflow:
    """A client of one Airflow."""

    def __init__(self, address: str, user: str, password: str) -> None:
        self.address, self._user, self._password = address, user, password
        self._token = ""

    def healthy(self) -> bool:
        """Whether scheduler, DAG processor and the API for tasks answer."""
        try:
            self._get("/execution/health")  # builds its routes on the first call: 3 seconds of work
        except (OSError, AirflowRefused, ValueError):
            return False
        return self._health() == {"healthy"}

    def answers(self) -> bool:
        """Whether an Airflow is there to be asked, also one whose scheduler's heartbeat is late."""
        return bool(self._health())

    def _health(self) -> set[str]:
        """What it says of scheduler and DAG processor; nothing where no Airflow answers."""
        try:
            parts = self._get("/api/v2/monitor/health")
            return {str(parts[name]["status"]) for name in ("scheduler", "dag_processor")}
        except (OSError, AirflowRefused, ValueError, KeyError):  # the last two: a stranger answers
            return set()

    def dags(self) -> set[str]:
        """The names of all DAGs that were read without an error and are there now."""
        return {str(dag["dag_id"]) for dag in self._get("/api/v2/dags?limit=100")["dags"]}

    def import_errors(self, since: datetime) -> list[str]:
        """Why DAG files could not be read since a moment."""
        found = self._get("/api/v2/importErrors")["import_errors"]
        return [
            f"{error['filename']}: {keeper.cause(error['stack_trace'])}"
            for error in found
            if datetime.fromisoformat(error["timestamp"]) >= since
        ]

    def followers(self) -> dict[str, set[str]]:
        """Each DAG and the DAGs that come after one of its assets."""
        edges: dict[str, set[str]] = {dag: set() for dag in self.dags()}
        for asset in self._get("/api/v2/assets?limit=100")["assets"]:
            for made in asset["producing_tasks"]:
                after = {str(dag["dag_id"]) for dag in asset["scheduled_dags"]}
                edges.setdefault(str(made["dag_id"]), set()).update(after)
        return edges

    def tasks_of(self, dag: str) -> list[str]:
        """The names of a DAG's tasks, each after those it waits for."""
        found = self._get(f"/api/v2/dags/{dag}/tasks")["tasks"]
        waits = {
            str(task["task_id"]): {
                str(other["task_id"])
                for other in found
                if task["task_id"] in other["downstream_task_ids"]
            }
            for task in found
        }
        return in_order(waits)

    def runs(self, night: date) -> list[Run]:
        """Every run for a night, newest first, but for those of the clock.

        Where nights are run by hand those skip themselves (lakehouse/airflow_tasks.py), and count
        as done: Airflow makes one at its first start if that is soon after three in the morning.
        """
        query = urllib.parse.urlencode(
            {"partition_key_pattern": night.isoformat(), "order_by": "-run_after", "limit": 100}
        )
        found = self._get(f"/api/v2/dags/~/dagRuns?{query}")["dag_runs"]
        own = [run for run in found if run["run_type"] != "scheduled"]
        return [_run(run) for run in own if run["partition_key"] == night.isoformat()]

    def tasks(self, run: Run) -> list[Task]:
        """The tasks of a run."""
        path = f"/api/v2/dags/{run.dag}/dagRuns/{urllib.parse.quote(run.id, safe='')}/taskInstances"
        found: list[Task] = []
        while True:  # a mapped task may have hundreds, and a page holds a hundred
            told = self._get(f"{path}?limit=100&offset={len(found)}&order_by=id")
            found += [_task(task) for task in told["task_instances"]]
            if len(found) >= told["total_entries"] or not told["task_instances"]:
                return found

    def trigger(self, dag: str, night: date) -> None:
        """Start a run of a DAG for a night; what comes after it follows by its assets."""
        body = {"logical_date": None, "partition_key": night.isoformat()}
        self._post(f"/api/v2/dags/{dag}/dagRuns", body)

    def clear_failed(self, run: Run) -> None:
        """Let the failed tasks of a run, and those that waited for them, run again."""
        body = {"dry_run": False, "only_failed": True, "dag_run_id": run.id}
        self._post(f"/api/v2/dags/{run.dag}/clearTaskInstances", body)

    def _get(self, path: str) -> dict[str, Any]:
        return self._ask("GET", path, None)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        if path.startswith("/api/v2/") and not path.endswith("/health") and not self._token:
            login = {"username": self._user, "password": self._password}
            self._token = str(self._ask("POST", "/auth/token", login)["access_token"])
        headers = {"Content-Type": "application/json"}
        if self._token and path.startswith("/api/"):
            headers["Authorization"] = f"Bearer {self._token}"
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 the address is our own, on loopback
            f"{self.address}{path}", method=method, data=content, headers=headers
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise AirflowRefused(
                f"{method} {path}", error.code, error.read().decode(errors="replace")
            ) from None


def in_order(waits: dict[str, set[str]]) -> list[str]:
    """The keys, each after all that it waits for, else by name."""
    order: list[str] = []
    while left := sorted(waits.keys() - set(order)):
        ready = [name for name in left if waits[name] <= set(order)]
        order += ready or left  # a circle cannot be: Airflow does not load one
    return order


def _run(said: dict[str, Any]) -> Run:
    return Run(
        str(said["dag_id"]), str(said["dag_run_id"]), str(said["partition_key"]),
        str(said["state"]), str(said["run_after"]),
    )  # fmt: skip


def _task(said: dict[str, Any]) -> Task:
    started = datetime.fromisoformat(said["start_date"]) if said["start_date"] else None
    seconds = float(said["duration"] or 0.0)
    if said["state"] == "running" and started:
        seconds = time.time() - started.timestamp()
    return Task(
        str(said["dag_id"]), str(said["dag_run_id"]), str(said["task_id"]),
        str(said["state"] or "waiting"), int(said["try_number"]), started, seconds,
        int(said["map_index"]),
    )  # fmt: skip
