"""DAG, job and catalog cannot drift apart: each job reads and writes what its DAG says."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest

from lakehouse.catalog import BY_NAME, TABLES, Table
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from tests.chain import DAGS, ORDER, ROOT, TITLES, commands, said, tasks
from tests.world import LAST_NIGHT, land_world

if TYPE_CHECKING:
    from pathlib import Path


def tables(things: Any) -> set[str]:
    return {thing.name for thing in things if isinstance(thing, Table)}


def test_every_dag_file_has_its_place_in_the_chain() -> None:
    assert {file.stem for file in (ROOT / "dags").glob("*.py")} == {*ORDER, TITLES}


def test_each_table_is_written_once_and_checked_right_behind() -> None:
    written: list[str] = []
    for stem in (*ORDER, TITLES):
        for task in commands(stem, "job"):
            behind = [
                said(DAGS[stem].get_task(t)) for t in task.get_flat_relative_ids(upstream=False)
            ]
            checked = {n for b in behind if b.arguments[0] == "check" for n in b.arguments[1:]}
            made = tables(task.writes)
            assert made <= checked, f"{task.task_id} writes what no check behind it reads"
            written += sorted(made)
    assert sorted(written) == sorted(table.name for table in TABLES)


def test_no_job_reads_a_table_before_its_check() -> None:
    checked: set[str] = set()
    for stem in (*ORDER, TITLES):
        for task in tasks(stem):
            if task.arguments[0] == "check":
                checked |= set(task.arguments[1:])
            else:
                # what a job keeps for itself from night to night it may read
                assert tables(task.reads) - tables(task.writes) <= checked, task.task_id


def test_every_asset_is_emitted_by_one_task() -> None:
    emitted = [
        outlet.name for stem in (*ORDER, TITLES) for task in tasks(stem) for outlet in task.outlets
    ]
    assert len(emitted) == len(set(emitted))
    assert {name for name in emitted if name in BY_NAME} == set(BY_NAME)


class RecordingLake(Lake):
    """A real lake that remembers which tables were read and written."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.read_tables: set[str] = set()
        self.written_tables: set[str] = set()

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in ("read", "arrow", "files", "write", "write_nights", "merge", "append_once"):
            return found
        kept = self.read_tables if name in ("read", "arrow", "files") else self.written_tables

        def remembered(table: Table, *arguments: Any, **named: Any) -> Any:
            kept.add(table.name)
            return found(table, *arguments, **named)

        return remembered


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_each_job_reads_and_writes_what_its_dag_declares(tmp_path: Path) -> None:
    settings = Settings(var=str(tmp_path))
    land_world(settings)
    wrong = []
    for stem in ORDER:
        for task in commands(stem, "job"):
            lake = RecordingLake(settings)
            importlib.import_module(f"jobs.{task.arguments[1]}").main(lake, LAST_NIGHT)
            made = tables(task.writes)
            for what, declared, seen in (
                # on a first night there is nothing yet of what a job keeps for itself
                ("reads", tables(task.reads), lake.read_tables | (tables(task.reads) & made)),
                ("writes", made, lake.written_tables),
            ):
                if declared != seen and task.task_id != "compact_tables":
                    wrong.append(
                        f"{task.task_id} {what} {sorted(seen)}, its DAG {sorted(declared)}"
                    )
    assert not wrong, "\n".join(wrong)
