"""A task runs one command for one night, and says what to do when it cannot."""

from __future__ import annotations

import logging
import threading
import time
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import psutil
import pytest
from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import DAG
from airflow.sdk.api.datamodels._generated import DagRunType
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from lakehouse import airflow_tasks
from lakehouse.airflow_tasks import Command, check, each, job, model, parsed_night, tell_failure
from lakehouse.catalog import EVENTS, REJECTED_EVENTS, SHOTS, TITLES
from tests.processes import outlived

if TYPE_CHECKING:
    from pathlib import Path

    from airflow.sdk import Context


def context(run_type: str = "manual", key: str | None = "1998-04-21") -> Context:
    # a member of an enum, as a task finds it: it equals its text and prints as something else
    run = SimpleNamespace(run_type=DagRunType(run_type), partition_key=key)
    return cast("Context", {"dag_run": run})


def command(*arguments: str, night: str = "1998-04-21") -> Command:
    task = Command(task_id="task", arguments=list(arguments))
    task.night = night  # as Airflow leaves it once the template is filled in
    return task


def test_a_night_is_a_date() -> None:
    assert parsed_night("1998-04-21") == date(1998, 4, 21)


@pytest.mark.parametrize("key", ["None", "", "tonight", "1998-04-31"])
def test_without_a_night_nothing_runs_and_nothing_is_retried(key: str) -> None:
    # a run triggered without a partition key has the template filled in as "None"
    with pytest.raises(AirflowFailException, match="partition key such as 1998-04-21"):
        command("job", "events.land", night=key).execute(context())


def test_a_refusal_is_not_retried() -> None:
    # wrong usage and every MarqueeError end with 2: the same command would say the same again
    with pytest.raises(AirflowFailException, match="refused"):
        command("no-such-command").execute(context())


def test_a_crash_may_be_retried() -> None:
    with pytest.raises(AirflowException, match="status 1") as caught:
        command("job", "events.no_such_job").execute(context())
    assert not isinstance(caught.value, AirflowFailException)


def test_the_clock_runs_no_night_of_local_history(monkeypatch: pytest.MonkeyPatch) -> None:
    # at 03:00 on a laptop the clock would publish a night of today, 28 years after MovieLens ends
    monkeypatch.setenv("AIRFLOW__MARQUEE__CLOCK", "False")
    with pytest.raises(AirflowSkipException, match="The clock is off"):
        command("no-such-command").execute(context("scheduled"))
    with pytest.raises(AirflowFailException):  # people still may
        command("no-such-command").execute(context("manual"))


def test_the_clock_runs_nights_where_nobody_switched_it_off() -> None:
    with pytest.raises(AirflowFailException, match="refused"):
        command("no-such-command").execute(context("scheduled"))


def test_a_job_that_tells_keys_hands_on_its_last_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # a night without orders has no shot to probe; the log above the last line is no key
    monkeypatch.setenv("MARQUEE_VAR", str(tmp_path))
    task = job("encode.find_shots", writes=[SHOTS], tells_keys=True)
    task.night = "1998-04-21"
    assert task.execute(context()) == []


def test_a_task_of_a_key_works_on_it_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MARQUEE_VAR", str(tmp_path))
    task = command("job", "encode.probe_shot")
    task.key = "bikes/h264/0-640x272"
    with pytest.raises(AirflowFailException, match="refused"):  # nobody ordered that title
        task.execute(context())
    assert (tmp_path / "locks" / "encode.probe_shot" / "bikes:h264:0-640x272").exists()


def test_each_key_is_a_task_of_its_own() -> None:
    with DAG("keys", schedule=None):
        told = job("encode.find_shots", writes=[SHOTS], tells_keys=True)
        mapped = each("encode.probe_shot", told)
    assert told.do_xcom_push
    assert mapped.upstream_task_ids == {"find_shots"}
    assert mapped.partial_kwargs["retries"] == 1
    assert mapped.partial_kwargs["trigger_rule"] == "none_failed"


def test_a_table_is_offered_by_its_check_and_never_by_its_job() -> None:
    made = job("events.build_events", reads=[], writes=[EVENTS, REJECTED_EVENTS])
    assert made.task_id == "build_events"
    assert made.outlets == []
    names = [asset.name for asset in check(EVENTS, REJECTED_EVENTS).outlets]
    assert names == ["silver.events", "silver.rejected_events"]


def test_a_model_is_offered_by_its_training_whose_gate_is_its_check() -> None:
    made = job(
        "training.train_ranker", reads=[TITLES, model("two_tower")], writes=[model("ranker")]
    )
    assert [asset.name for asset in made.outlets] == ["model.ranker"]
    assert made.owner == "ml-engineering"


def test_a_killed_task_leaves_no_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    # Airflow ends a task that ran out of time; its command must not go on writing to the lake
    monkeypatch.setattr(airflow_tasks, "PATIENCE_SECONDS", 0.5)
    task = command("job")
    task.hook = SubprocessHook()
    line = ["bash", "-c", "trap '' TERM; sleep 300 & wait; sleep 300"]  # deaf to the first signal
    runs = threading.Thread(target=task.hook.run_command, args=(line,), daemon=True)
    runs.start()
    while task.hook.sub_process is None or len(below := children(task)) < 2:
        time.sleep(0.05)
    task.on_kill()
    runs.join(30)
    assert not outlived(below)


def children(task: Any) -> list[psutil.Process]:
    top = psutil.Process(task.hook.sub_process.pid)
    return [top, *top.children(recursive=True)]


def test_a_failure_is_told_in_one_sentence(caplog: pytest.LogCaptureFixture) -> None:
    task = check(EVENTS)
    happened = {"task": task, "exception": ValueError("3 rows"), **dict(context())}
    task_with_dag = cast("Any", happened)
    task_with_dag["task"] = SimpleNamespace(
        dag_id="events_daily", task_id="check_events", outlets=task.outlets
    )
    with caplog.at_level(logging.ERROR):
        tell_failure(task_with_dag)
    (record,) = caplog.records
    said = record.getMessage()
    for part in ("events_daily.check_events failed for night 1998-04-21", "3 rows",
                 "nobody gets silver.events", "make night NIGHT=1998-04-21 goes on"):  # fmt: skip
        assert part in said
