"""How a night stands is told from its newest runs, in the order of the chain."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from jobs.night.api import Airflow, Run, Task, in_order
from jobs.night.progress import Look, Plan, look, newest, plan
from jobs.night.show import Screen, keep, last_lines, log_file, table

if TYPE_CHECKING:
    from pathlib import Path

NIGHT = date(1998, 4, 21)
PLAN = Plan(NIGHT, {"events": ["land", "check"], "features": ["build"]})


def run(dag: str, minute: int, state: str = "success") -> Run:
    return Run(dag, f"{dag}-{minute}", "1998-04-21", state, f"2026-01-10T03:{minute:02}:00Z")


def task(dag: str, name: str, state: str = "success", tries: int = 1) -> Task:
    return Task(dag, "run", name, state, tries, datetime(2026, 1, 10, 3, tzinfo=UTC), 1.5)


def test_names_come_after_what_they_wait_for() -> None:
    waits: dict[str, set[str]] = {"b": {"a"}, "a": set(), "d": {"b", "c"}, "c": {"a"}}
    assert in_order(waits) == ["a", "b", "c", "d"]


def test_a_plan_is_a_dag_and_all_that_comes_after_it() -> None:
    followers = {"events": {"train", "features"}, "train": {"features"}, "titles": {"report"}}
    airflow: Any = SimpleNamespace(followers=lambda: followers, tasks_of=lambda dag: [f"{dag}-1"])
    found = plan(airflow, NIGHT, "events").tasks
    assert list(found.items()) == [(dag, [f"{dag}-1"]) for dag in ("events", "train", "features")]


def test_the_tasks_of_a_run_that_ended_are_not_asked_for_again() -> None:
    asked: list[str] = []

    def tasks(one: Run) -> list[Task]:
        asked.append(one.dag)
        return [task(one.dag, "build")]

    runs = [run("events", 0), run("features", 1, "running")]
    airflow: Any = SimpleNamespace(runs=lambda _: runs, tasks=tasks)
    first = look(airflow, PLAN)
    assert look(airflow, PLAN, first) == first
    assert asked == ["events", "features", "features"]


def test_the_first_dag_of_a_plan_is_the_one_to_start() -> None:
    assert PLAN.first == "events"


def test_runs_of_an_earlier_time_say_nothing_of_this_one() -> None:
    # the night was published at :01, and runs again since :05: its features are still to come
    runs = [run("events", 0), run("features", 1), run("events", 5, "running")]
    assert newest(PLAN, runs) == {"events": run("events", 5, "running")}


def test_a_second_run_of_a_later_dag_counts_for_it() -> None:
    # someone ran features alone once more
    runs = [run("events", 0), run("features", 1, "failed"), run("features", 7)]
    assert newest(PLAN, runs)["features"] == run("features", 7)


def test_a_fraction_of_a_second_may_be_missing_where_it_is_zero() -> None:
    # as text, "03:00:00.5Z" is before "03:00:00Z"
    first = replace(run("events", 0), run_after="2026-01-10T03:00:00Z")
    later = replace(run("features", 0), run_after="2026-01-10T03:00:00.500000Z")
    assert set(newest(PLAN, [first, later])) == {"events", "features"}


def test_a_run_of_the_clock_is_no_run_of_the_night(monkeypatch: pytest.MonkeyPatch) -> None:
    # it skipped itself and stands as a success without followers: the night would never end
    def said(kind: str) -> dict[str, str]:
        return {
            "dag_id": "events", "dag_run_id": kind, "partition_key": str(NIGHT), "run_type": kind,
            "state": "success", "run_after": "2026-01-10T03:00:00Z",
        }  # fmt: skip

    airflow = Airflow("http://127.0.0.1:1", "admin", "")
    told = {"dag_runs": [said(kind) for kind in ("scheduled", "manual", "asset_triggered")]}
    monkeypatch.setattr(airflow, "_get", lambda _: told)
    assert [run.id for run in airflow.runs(NIGHT)] == ["manual", "asset_triggered"]


def test_nothing_was_run() -> None:
    assert newest(PLAN, [run("features", 3)]) == {}


@pytest.mark.parametrize(
    ("runs", "done", "failed"),
    [
        ({}, False, False),
        ({"events": run("events", 0)}, False, False),  # features did not start yet
        ({"events": run("events", 0), "features": run("features", 1)}, True, False),
        ({"events": run("events", 0, "failed")}, False, True),
        ({"events": run("events", 0), "features": run("features", 1, "running")}, False, False),
    ],
)
def test_a_night_is_done_when_every_dag_is(runs: dict[str, Run], done: bool, failed: bool) -> None:
    look = Look(PLAN, runs)
    assert (look.done, bool(look.failed)) == (done, failed)


def test_what_waited_for_a_failed_task_did_not_fail_itself() -> None:
    tasks = [task("events", "land", "failed"), task("events", "check", "upstream_failed")]
    look = Look(PLAN, {"events": run("events", 0, "failed")}, {"events": tasks})
    assert [told.name for told in look.failed_tasks] == ["land"]
    assert not look.moving
    waiting = replace(look, tasks={"events": [task("events", "land", "up_for_retry")]})
    assert waiting.moving


def text(shown: object) -> str:
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(shown)
    return console.export_text()


def test_a_done_dag_is_a_line_and_a_running_one_shows_its_tasks() -> None:
    runs = {"events": run("events", 0, "running")}
    look = Look(
        PLAN, runs, {"events": [task("events", "land"), task("events", "check", "running")]}
    )
    lines = [line.split() for line in text(table(look)).splitlines() if line.strip()]
    assert ["events", "runs", "3.0", "s"] in lines
    assert ["land", "done", "1.5", "s"] in lines
    assert ["features", "waits"] in lines
    done = replace(look, runs={"events": run("events", 0)})
    assert "land" not in text(table(done))


def test_where_nobody_looks_each_change_is_one_line() -> None:
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    running = Look(PLAN, {}, {"events": [task("events", "land", "running")]})
    done = Look(PLAN, {}, {"events": [task("events", "land")]})
    with Screen(console) as screen:
        for look in (running, running, done, done):
            screen.show(look)
    assert console.export_text().splitlines() == ["events.land runs", "events.land done 1.5 s"]


def test_what_ran_is_kept_for_the_report(tmp_path: Path) -> None:
    look = Look(PLAN, {"events": run("events", 0)}, {"events": [task("events", "land", tries=2)]})
    keep(look, tmp_path, tmp_path / "logs")
    told = json.loads((tmp_path / "1998-04-21.json").read_text())
    assert told["done"] is False
    assert told["tasks"] == [
        {
            "dag": "events", "task": "land", "state": "success", "tries": 2,
            "started": "2026-01-10T03:00:00+00:00", "seconds": 1.5,
            "log": str(tmp_path / "logs/dag_id=events/run_id=run/task_id=land/attempt=2.log"),
        }
    ]  # fmt: skip


def test_the_last_lines_are_those_of_the_command_and_the_reason(tmp_path: Path) -> None:
    log = log_file(tmp_path, task("events", "land"))
    log.parent.mkdir(parents=True)
    hook = "airflow.task.hooks.airflow.providers.standard.hooks.subprocess.SubprocessHook"
    error = {"exc_type": "AirflowFailException", "exc_value": "land refused"}
    lines = [
        {"event": "Filling up the DagBag", "logger": "airflow.dag_processing"},
        {"event": "Running command: ['python']", "logger": hook},
        {"event": "reads 3 files", "logger": hook},
        {"event": "line 7 is broken", "logger": hook},
        {"event": "Command exited with return code 2", "logger": hook},
        {"event": "Task failed", "logger": "task", "error_detail": [error]},
    ]
    log.write_text("\n".join(map(json.dumps, lines)) + '\n{"event": "cut sho')
    expected = ["line 7 is broken", "AirflowFailException: land refused"]
    assert last_lines(log, count=1) == expected


def test_a_task_that_never_wrote_says_so(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none.log") == [f"{tmp_path / 'none.log'} was not written"]
