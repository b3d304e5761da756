"""A backfill says beforehand what it would run, and starts nothing for that."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from jobs.__main__ import app
from jobs.night.backfill import PUBLISHES, EmptyRange, UnknownDag, nights_between, require_dag
from lakehouse.catalog import EVENTS, VERSIONS

if TYPE_CHECKING:
    from lakehouse.tables import Lake
    from tests.conftest import Rows

NIGHTS = [date(1998, 4, day) for day in (20, 21, 22)]


def test_a_range_holds_both_ends() -> None:
    assert nights_between(NIGHTS[0], NIGHTS[2]) == NIGHTS
    assert nights_between(NIGHTS[0], NIGHTS[0]) == NIGHTS[:1]
    with pytest.raises(EmptyRange, match="earlier night first"):
        nights_between(NIGHTS[2], NIGHTS[0])


def test_a_dag_is_one_of_the_files() -> None:
    require_dag("build_index_nightly")
    require_dag(PUBLISHES)
    with pytest.raises(UnknownDag, match=r"name one of build_index_nightly, .*events_daily, "):
        require_dag("build_index")


def test_a_dry_run_tells_nights_and_dags_in_order_and_runs_none(
    lake: Lake, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.write(EVENTS, rows(EVENTS, {"event_id": "e"}, night=NIGHTS[0]), NIGHTS[0])
    lake.write(VERSIONS, rows(VERSIONS, {"version": "v"}, night=NIGHTS[1]), NIGHTS[1])
    monkeypatch.setenv("MARQUEE_VAR", lake.settings.var)
    words = ["backfill", "recommend_nightly", "1998-04-20", "1998-04-21", "--dry-run"]
    done = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    chain = "recommend_nightly, export_pages_nightly, maintain_tables_weekly"
    told = [line.split(maxsplit=3) for line in done.output.splitlines()[1:]]
    assert [[word.strip() for word in line] for line in told] == [
        ["1998-04-20", "1", "no", chain],
        ["1998-04-21", "0", "yes", chain],
    ]
    assert not lake.settings.at("airflow", "running.json").exists()
