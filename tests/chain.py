"""Know the chain of a night as its DAGs say it: which jobs run, in which order."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from airflow.sdk.definitions.mappedoperator import MappedOperator

if TYPE_CHECKING:
    from airflow.sdk import DAG

    from lakehouse.airflow_tasks import Command

ROOT = Path(__file__).resolve().parents[1]
ORDER = (
    "events_daily", "features_daily", "train_two_tower_weekly", "train_ranker_daily",
    "build_index_nightly", "recommend_nightly", "export_pages_nightly", "maintain_tables_weekly",
)  # fmt: skip
"""The DAGs of a night, each after the one before it."""
TITLES = "encode_titles_daily"
"""Beside the night, after nothing."""


def load() -> dict[str, DAG]:
    """The DAGs as Airflow reads them."""
    os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp())
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(ROOT / "dags"))
    assert not bag.import_errors
    return dict(bag.dags)


DAGS = load()


def tasks(stem: str) -> list[Any]:
    """The tasks of a DAG, each behind what it waits for; of a mapped one, what each will be."""
    return [said(task) for task in DAGS[stem].topological_sort()]


def said(task: Any) -> Any:
    """A task as its DAG says it, mapped over keys or not."""
    if not isinstance(task, MappedOperator):
        return task
    relatives = {"get_flat_relative_ids": task.get_flat_relative_ids}
    return SimpleNamespace(**{**task.partial_kwargs, "task_id": task.task_id, **relatives})


def commands(stem: str, kind: str) -> list[Command]:
    """The tasks of a DAG that are jobs or checks, each behind what it waits for."""
    return [task for task in tasks(stem) if task.arguments[0] == kind]


def jobs() -> list[str]:
    """Every job of a night, such as events.land, each behind what it waits for."""
    return [task.arguments[1] for stem in ORDER for task in commands(stem, "job")]
