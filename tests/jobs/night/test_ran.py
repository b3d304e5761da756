"""What a night of the UI ran is kept for its report wherever an Airflow is there to be asked."""

from __future__ import annotations

import json
import os
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from jobs.night.api import Airflow
from jobs.night.ran import keep_what_ran
from lakehouse.spark_server import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.settings import Settings

NIGHT = date(1998, 4, 21)
RUN = {
    "dag_id": "events_daily", "dag_run_id": "run", "partition_key": str(NIGHT), "state": "success",
    "run_type": "manual", "run_after": "2026-01-10T03:00:00Z",
}  # fmt: skip
TASK = {
    "dag_id": "events_daily", "dag_run_id": "run", "task_id": "land", "state": "success",
    "try_number": 1, "map_index": -1, "start_date": "2026-01-10T03:00:00Z", "duration": 1.5,
}  # fmt: skip
SAID: dict[str, Any] = {
    # 15 seconds after its last heartbeat, as beside a training on two cores
    "health": {"scheduler": {"status": "unhealthy"}, "dag_processor": {"status": "healthy"}},
    "dags": {"dags": [{"dag_id": "events_daily"}]},
    "assets": {"assets": []},
    "tasks": {"tasks": [{"task_id": "land", "downstream_task_ids": []}]},
    "dagRuns": {"dag_runs": [RUN]},
    "taskInstances": {"task_instances": [TASK], "total_entries": 1},
}


@pytest.fixture
def kept(settings: Settings) -> Path:
    """Where it would be kept; services of this folder run, as far as their command told."""
    told = {"kind": "ui", "process": os.getpid(), "port": free_port()}
    settings.at("airflow").mkdir()
    settings.at("airflow", "running.json").write_text(json.dumps(told))
    return settings.at("nights", f"{NIGHT}.json")


def test_however_late_the_schedulers_heartbeat_is(
    settings: Settings, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # its report would else say, on a busy machine, that nobody told what ran
    monkeypatch.setattr(
        Airflow, "_get", lambda _, path: SAID[path.split("?")[0].rpartition("/")[2]]
    )
    keep_what_ran(settings, NIGHT)
    told = json.loads(kept.read_text())
    assert told["done"]
    assert [task["task"] for task in told["tasks"]] == ["land"]


def test_where_nobody_answers_any_more_nothing_is_kept(settings: Settings, kept: Path) -> None:
    keep_what_ran(settings, NIGHT)
    assert not kept.exists()
