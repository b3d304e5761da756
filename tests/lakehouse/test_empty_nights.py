"""A night that was written without rows has none, and is not taken for the night before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from lakehouse.catalog import EVENT_COUNTS, FILTER_COUNTS
from lakehouse.empty_nights import hold_empty
from lakehouse.errors import MissingTable
from lakehouse.upkeep import keep_up
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


def test_a_stream_without_rows_is_an_empty_night_too(written: Lake, rows: Rows) -> None:
    nothing = rows(FILTER_COUNTS)
    stream = pa.RecordBatchReader.from_batches(nothing.schema, iter(()))
    written.write(FILTER_COUNTS, stream, LATER)
    assert written.nights(FILTER_COUNTS) == [NIGHT, NEXT, LATER]


def test_a_night_with_rows_gets_no_file_and_a_history_none_at_all(lake: Lake, rows: Rows) -> None:
    lake.write(FILTER_COUNTS, rows(FILTER_COUNTS, {"filter": "a"}), NIGHT)
    lake.write(EVENT_COUNTS, rows(EVENT_COUNTS), NIGHT)
    files = lake.files(FILTER_COUNTS)
    hold_empty(lake, FILTER_COUNTS, [NIGHT])
    assert lake.files(FILTER_COUNTS) == files
    assert lake.files(EVENT_COUNTS) == []


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
    full = written.spark.createDataFrame(rows(FILTER_COUNTS, {"filter": "c"}).to_pandas())
    written.write(FILTER_COUNTS, full, NEXT)
    assert filters(written, NEXT) == ["c"]
