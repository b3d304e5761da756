"""DAG, job and catalog cannot drift apart; that jobs keep to it, tests/jobs/night shows."""

from __future__ import annotations

from typing import Any

from lakehouse.catalog import BY_NAME, PLAYABLE_TITLES, TABLES, Table
from tests.chain import DAGS, ORDER, ROOT, TITLES, commands, said, tasks


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
    # pages read the newest list of what plays; night and titles run beside each other
    checked: set[str] = {PLAYABLE_TITLES.name}
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
