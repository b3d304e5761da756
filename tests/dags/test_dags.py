"""Every DAG reads as a timetable: light to parse, one chain, rules on each task."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jobs.encode.facts import Shot
from jobs.encode.probes import keys_of
from lakehouse.airflow_tasks import followers, nightly, tell_failure
from lakehouse.catalog import CODECS
from tests.chain import said

if TYPE_CHECKING:
    from airflow.sdk import DAG

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "dags").glob("*.py"))
CHAIN = [
    "events_daily", "features_daily", "train_two_tower_weekly", "train_ranker_daily",
    "build_index_nightly", "recommend_nightly", "export_pages_nightly", "maintain_tables_weekly",
]  # fmt: skip


def dags() -> dict[str, DAG]:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(ROOT / "dags"))
    assert not bag.import_errors
    return dict(bag.dags)


DAGS = dags()
BESIDE = "encode_titles_daily"
TASKS: list[tuple[str, Any]] = [
    (name, said(task)) for name in (*CHAIN, BESIDE) for task in DAGS[name].tasks
]


def told(pair: tuple[str, Any]) -> str:
    return f"{pair[0]}.{pair[1].task_id}"


def test_parsing_loads_no_engine() -> None:
    # each task of each night parses its DAG in a fresh process: TensorFlow alone would cost 10 s
    code = """
import json, runpy, sys
for file in sys.argv[1:]:
    runpy.run_path(file)
heavy = {"pyspark", "tensorflow", "mlflow", "great_expectations", "pandas", "numpy", "pyarrow",
         "deltalake", "scann"}
print(json.dumps(sorted(heavy & set(sys.modules))))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, FILES)], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_dag_is_a_short_timetable_named_as_its_file(file: Path) -> None:
    assert set(DAGS) == {file.stem for file in FILES}
    assert len(file.read_text().splitlines()) <= 40
    for line in file.read_text().splitlines():
        if line.startswith(("from", "import")):
            module = line.split()[1]
            assert module in ("airflow.sdk", "lakehouse.airflow_tasks", "lakehouse.catalog")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_dag_file_shadows_no_module(file: Path) -> None:
    # Airflow puts the folder on sys.path: dags/features.py has been seen to win over `features`
    ours = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    theirs = set(packages_distributions())
    assert file.stem not in ours | theirs | set(sys.stdlib_module_names)


@pytest.mark.parametrize("pair", TASKS, ids=told)
def test_each_task_has_the_rules_of_a_night(pair: tuple[str, Any]) -> None:
    dag, task = DAGS[pair[0]], pair[1]
    assert task.arguments[0] in ("job", "check")
    assert task.retries == 1
    longest = timedelta(hours=36 if pair[0] == BESIDE else 2)  # a film's top rung takes a day
    assert timedelta(minutes=1) <= task.execution_timeout <= longest
    assert task.owner in ("data-engineering", "ml-engineering", "serving", "video")
    assert task.doc_md.startswith("`marquee ")
    assert task.on_failure_callback in (tell_failure, [tell_failure])
    assert dag.doc_md
    assert dag.max_active_runs == 1  # two runs of a night follow each other, never meet
    assert not dag.catchup


@pytest.mark.parametrize("pair", TASKS, ids=told)
def test_each_task_names_a_command_that_exists(pair: tuple[str, Any]) -> None:
    kind, *names = pair[1].arguments
    if kind == "job":
        assert find_spec(f"jobs.{names[0]}"), "a DAG names a job that is not there"
    else:
        assert kind == "check"


def test_a_night_of_films_shot_by_shot_maps_onto_fewer_tasks_than_airflow_takes() -> None:
    # by its own default, 1024, eleven sampled films of one night had failed find_shots
    shots = [[Shot(number, 24 * number, 24)] for number in range(5_000)]
    keys = len(keys_of(shots, [(1920 // n, 1080 // n) for n in (1, 2, 3, 4, 5)]))
    code = "from airflow.configuration import conf; print(conf.getint('core', 'max_map_length'))"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "AIRFLOW_CONFIG": str(ROOT / "airflow.cfg")},
    ).stdout  # fmt: skip
    assert int(said.split()[-1]) >= len(CODECS) * keys


def test_the_dags_are_one_chain() -> None:
    # a DAG behind two others would keep the half that one rerun gave it, and start on it later
    edges = followers(ROOT / "dags")
    assert edges == {a: {b} for a, b in pairwise(CHAIN)} | {CHAIN[-1]: set(), BESIDE: set()}


@pytest.mark.parametrize("name", CHAIN[1:])
def test_a_dag_comes_after_all_assets_of_one_task(name: str) -> None:
    # one task emits them in one transaction: there is no moment with half of them
    timetable: Any = DAGS[name].timetable
    awaited = {asset.name for asset in timetable.asset_condition.objects}
    emitters = [task for _, task in TASKS if awaited & {outlet.name for outlet in task.outlets}]
    assert len(emitters) == 1
    assert awaited <= {outlet.name for outlet in emitters[0].outlets}


def test_at_three_in_the_morning_the_night_is_the_day_that_ended() -> None:
    # by default the key is the day on which the clock fires, which has just begun
    from airflow.serialization.encoders import coerce_to_core_timetable

    clock: Any = coerce_to_core_timetable(nightly())
    tick = datetime(2026, 1, 11, 3, tzinfo=UTC)
    from airflow.sdk.timezone import coerce_datetime

    assert clock._get_partition_info(coerce_datetime(tick))[1] == "2026-01-10"
    assert DAGS["events_daily"].timetable == nightly()
