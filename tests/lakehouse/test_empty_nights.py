"""A night that was written without rows has none, and is not taken for the night before."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from lakehouse import spark_server
from lakehouse.catalog import EVENT_COUNTS, FILTER_COUNTS
from lakehouse.errors import MissingTable
from lakehouse.upkeep import keep_up
from lakehouse.writing import arrow_schema
from tests.conftest import NIGHT

if TYPE_CHECKING:
    from lakehouse.tables import Lake
    from tests.conftest import Rows

NEXT, LATER, BEFORE = (NIGHT + timedelta(days=days) for days in (1, 2, -1))


def filters(lake: Lake, night: object) -> list[str]:
    return lake.arrow(FILTER_COUNTS, night)["filter"].to_pylist()  # type: ignore[arg-type]


@pytest.fixture
def written(lake: Lake, rows: Rows) -> Lake:
    """Two rows on the first night, none on the next."""
    lake.write(FILTER_COUNTS, rows(FILTER_COUNTS, {"filter": "a"}, {"filter": "b"}), NIGHT)
    lake.write(FILTER_COUNTS, rows(FILTER_COUNTS), NEXT)
    return lake


def test_an_empty_night_has_no_rows_and_neither_has_what_follows(written: Lake) -> None:
    assert filters(written, NIGHT) == ["a", "b"]
    assert filters(written, NEXT) == filters(written, LATER) == []
    assert written.row_counts(FILTER_COUNTS) == {NIGHT: 2, NEXT: 0}
    assert len(written.arrow(FILTER_COUNTS)) == 2


def test_a_table_that_only_ever_was_empty_was_written_all_the_same(lake: Lake, rows: Rows) -> None:
    lake.write(FILTER_COUNTS, rows(FILTER_COUNTS), NIGHT)
    assert filters(lake, NIGHT) == []
    with pytest.raises(MissingTable):
        filters(lake, BEFORE)


def test_a_night_may_become_empty_and_full_again(written: Lake, rows: Rows) -> None:
    written.write(FILTER_COUNTS, rows(FILTER_COUNTS), NIGHT)
    assert filters(written, NIGHT) == []
    for night in (NIGHT, NEXT):
        written.write(FILTER_COUNTS, rows(FILTER_COUNTS, {"filter": "c"}), night)
        assert filters(written, night) == ["c"]
    written.write(FILTER_COUNTS, rows(FILTER_COUNTS), NEXT)
    written.write(FILTER_COUNTS, rows(FILTER_COUNTS), NEXT)
    assert filters(written, NEXT) == []
    assert filters(written, NIGHT) == ["c"]


@pytest.mark.parametrize("batches", [0, 2])
def test_a_stream_without_rows_is_an_empty_night_too(
    written: Lake, rows: Rows, batches: int
) -> None:
    schema = rows(FILTER_COUNTS).schema
    empty = [pa.RecordBatch.from_pylist([], schema)] * batches
    stream = pa.RecordBatchReader.from_batches(schema, empty)
    written.write(FILTER_COUNTS, stream, LATER)
    assert written.nights(FILTER_COUNTS) == [NIGHT, NEXT, LATER]


def test_a_night_with_rows_gets_no_file_and_a_history_none_at_all(lake: Lake, rows: Rows) -> None:
    stream = rows(FILTER_COUNTS, {"filter": "a"}).to_reader()
    lake.write(FILTER_COUNTS, stream, NIGHT)
    lake.write(EVENT_COUNTS, rows(EVENT_COUNTS), NIGHT)
    assert len(lake.files(FILTER_COUNTS)) == 1
    assert lake.files(EVENT_COUNTS) == []


def test_a_stream_may_begin_with_batches_of_nothing(lake: Lake, rows: Rows) -> None:
    # the first batch says nothing of the stream: a page may be filtered away and the next not
    one = rows(FILTER_COUNTS, {"filter": "a"})
    batches = [pa.RecordBatch.from_pylist([], one.schema), *one.to_batches()]
    lake.write(FILTER_COUNTS, pa.RecordBatchReader.from_batches(one.schema, batches), NIGHT)
    assert filters(lake, NIGHT) == ["a"]


def test_upkeep_leaves_an_empty_night_and_drops_it_when_it_expires(written: Lake) -> None:
    keep_up(written, FILTER_COUNTS, NEXT)
    assert filters(written, NEXT) == []
    far = NIGHT + timedelta(days=FILTER_COUNTS.retention_nights + 1)
    keep_up(written, FILTER_COUNTS, far)
    # the newest snapshot stays however old: it is empty, and so is the table
    assert written.nights(FILTER_COUNTS) == [NEXT]
    assert filters(written, far) == []


@pytest.mark.slow  # Spark
def test_spark_reads_and_writes_empty_nights_alike(written: Lake, rows: Rows) -> None:
    assert written.read(FILTER_COUNTS, NEXT).count() == 0
    assert written.read(FILTER_COUNTS, NIGHT).count() == 2
    written.write(FILTER_COUNTS, written.empty(FILTER_COUNTS), LATER)
    assert written.nights(FILTER_COUNTS) == [NIGHT, NEXT, LATER]
    full = written.spark.createDataFrame(rows(FILTER_COUNTS, {"filter": "c"}))
    written.write(FILTER_COUNTS, full, NEXT)
    assert filters(written, NEXT) == ["c"]


EMPTY_WRITER = """
    import os, sys
    import deltalake, deltalake.transaction
    from datetime import date
    from lakehouse.catalog import FILTER_COUNTS
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake
    from lakehouse.writing import arrow_schema

    def end(*told, **beside):
        os._exit(9)

    deltalake.DeltaTable.create_write_transaction = end
    deltalake.transaction.create_table_with_add_actions = end
    var, remote, kind = sys.argv[1:]
    lake = Lake(Settings(var=var, spark_remote=remote))
    nothing = arrow_schema(FILTER_COUNTS).empty_table()
    rows = {"table": lambda: nothing, "stream": nothing.to_reader,
            "spark": lambda: lake.empty(FILTER_COUNTS)}[kind]()
    lake.write(FILTER_COUNTS, rows, date(2026, 1, 11))
"""
KINDS = ["table", "stream", pytest.param("spark", marks=pytest.mark.slow)]


def empty_rows(lake: Lake, kind: str) -> Any:
    """Nothing, as each kind of writer is given it."""
    nothing = arrow_schema(FILTER_COUNTS).empty_table()
    made = {"table": lambda: nothing, "stream": nothing.to_reader}
    return lake.empty(FILTER_COUNTS) if kind == "spark" else made[kind]()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("held", ["nothing", "another night", "rows of its own"])
def test_an_empty_night_is_one_transaction(lake: Lake, rows: Rows, kind: str, held: str) -> None:
    # in two, whoever dies between them leaves a night that is read as the night before
    if held != "nothing":
        lake.write(FILTER_COUNTS, rows(FILTER_COUNTS, {"filter": "a"}), NIGHT)
    if held == "rows of its own":
        lake.write(FILTER_COUNTS, rows(FILTER_COUNTS, {"filter": "b"}), NEXT)
    before = lake.version(FILTER_COUNTS)
    lake.write(FILTER_COUNTS, empty_rows(lake, kind), NEXT)
    assert lake.version(FILTER_COUNTS) == (0 if before is None else before + 1)
    assert filters(lake, NEXT) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("new", [True, False], ids=["a table never written", "a night with rows"])
def test_a_writer_of_nothing_killed_before_its_commit_changed_nothing(
    lake: Lake, rows: Rows, kind: str, new: bool
) -> None:
    if not new:
        lake.write(FILTER_COUNTS, rows(FILTER_COUNTS, {"filter": "a"}), NIGHT)
        lake.write(FILTER_COUNTS, rows(FILTER_COUNTS, {"filter": "old"}), NEXT)
    remote = spark_server.own(lake.settings).address if kind == "spark" else "none"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(EMPTY_WRITER), lake.settings.var, remote, kind],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 9, done.stderr
    # it had come to its file, which no version names
    assert list(lake.settings.at("lake").rglob("empty-*.parquet"))
    if new:
        assert not lake.exists(FILTER_COUNTS)
    else:
        assert filters(lake, NEXT) == ["old"]
    lake.write(FILTER_COUNTS, empty_rows(lake, kind), NEXT)  # the rerun
    assert filters(lake, NEXT) == []
