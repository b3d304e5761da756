"""The lake keeps whole nights: a reader sees the old state or the new one, never a part."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakehouse import spark
from lakehouse.catalog import EVENT_COUNTS, LANDED, TITLES
from lakehouse.errors import MissingTable, WrongSchema

if TYPE_CHECKING:
    from lakehouse.tables import Lake
    from tests.conftest import Rows

NIGHT = date(2026, 1, 10)
NEXT = NIGHT + timedelta(days=1)


def test_a_rerun_replaces_its_own_night_and_no_other(lake: Lake, rows: Rows) -> None:
    lake.write(TITLES, rows(TITLES, {"title_id": "a"}), NIGHT)
    lake.write(TITLES, rows(TITLES, {"title_id": "b"}), NEXT)
    lake.write(TITLES, rows(TITLES, {"title_id": "c"}), NEXT)  # the rerun
    assert lake.arrow(TITLES, NIGHT)["title_id"].to_pylist() == ["a"]
    assert lake.arrow(TITLES, NEXT)["title_id"].to_pylist() == ["c"]


def test_as_of_a_night_a_history_gathers_and_a_snapshot_does_not(lake: Lake, rows: Rows) -> None:
    for night in (NIGHT, NEXT):
        lake.write(EVENT_COUNTS, rows(EVENT_COUNTS, {"landed": 1}, night=night), night)
        lake.write(TITLES, rows(TITLES, {"title_id": str(night)}, night=night), night)
    assert len(lake.arrow(EVENT_COUNTS, NEXT)) == 2
    assert len(lake.arrow(EVENT_COUNTS, NIGHT)) == 1  # the later night is the future
    after = NEXT + timedelta(days=9)
    assert lake.arrow(TITLES, after)["title_id"].to_pylist() == [str(NEXT)]


def test_an_old_version_stays_readable(lake: Lake, rows: Rows) -> None:
    lake.write(TITLES, rows(TITLES, {"title_id": "old"}), NIGHT)
    before = lake.version(TITLES)
    lake.write(TITLES, rows(TITLES, {"title_id": "new"}), NIGHT)
    assert lake.arrow(TITLES, version=before)["title_id"].to_pylist() == ["old"]
    assert [v["version"] for v in lake.versions(TITLES)] == [1, 0]


def test_live_files_leave_out_what_was_replaced(lake: Lake, rows: Rows) -> None:
    # the folder still holds the replaced file: reading it as plain Parquet would double the rows
    for title in ("old", "new"):
        lake.write(TITLES, rows(TITLES, {"title_id": title}), NIGHT)
    live = pa.concat_tables(pq.ParquetFile(file).read() for file in lake.files(TITLES))
    assert live["title_id"].to_pylist() == ["new"]


def test_wrong_columns_write_nothing(lake: Lake) -> None:
    with pytest.raises(WrongSchema, match=r"missing .*name.*unknown nmae"):
        lake.write(TITLES, pa.table({"title_id": ["a"], "nmae": ["typo"]}), NIGHT)
    assert not lake.exists(TITLES)


def test_several_nights_of_a_snapshot_are_refused(lake: Lake, rows: Rows) -> None:
    # a night is the whole table; one of several without rows would be read as the night before
    with pytest.raises(ValueError, match=r"silver\.titles is a snapshot"):
        lake.write_nights(TITLES, rows(TITLES, {"title_id": "a"}), [NIGHT, NEXT])
    assert not lake.exists(TITLES)


def test_a_table_never_written_says_what_to_run(lake: Lake) -> None:
    with pytest.raises(MissingTable, match=r"silver\.titles holds nothing for 2026-01-10"):
        lake.arrow(TITLES, NIGHT)


def test_a_token_appends_once(lake: Lake, rows: Rows) -> None:
    line = rows(LANDED, {"file_hash": "f", "line": 1})
    assert lake.append_once(LANDED, line, "f")
    assert not lake.append_once(LANDED, line, "f")
    assert len(lake.arrow(LANDED)) == 1


def test_merge_updates_by_key_and_inserts_the_rest(lake: Lake, rows: Rows) -> None:
    lake.merge(TITLES, rows(TITLES, {"title_id": "a", "year": 1}, {"title_id": "b", "year": 1}))
    lake.merge(TITLES, rows(TITLES, {"title_id": "b", "year": 2}, {"title_id": "c", "year": 2}))
    # a night of its own: the key of a snapshot is that of one night
    lake.merge(TITLES, rows(TITLES, {"title_id": "a", "year": 9}, night=NEXT))
    found = lake.arrow(TITLES, NIGHT).sort_by("title_id")
    assert found["year"].to_pylist() == [1, 2, 2]


def test_rows_lie_sorted_by_key_however_they_came(lake: Lake, rows: Rows) -> None:
    # the file's own metadata is written in no fixed order, so rows are compared and not bytes
    said = [{"title_id": t} for t in "cab"]
    lake.write(TITLES, rows(TITLES, *said), NIGHT)
    (file,) = lake.files(TITLES)
    assert pq.ParquetFile(file).read()["title_id"].to_pylist() == ["a", "b", "c"]


def test_a_reader_streams_into_one_night(lake: Lake, rows: Rows) -> None:
    batches = [rows(TITLES, {"title_id": t}).to_batches()[0] for t in "abc"]
    lake.write(TITLES, pa.RecordBatchReader.from_batches(batches[0].schema, batches), NIGHT)
    # Delta keeps no order between batches: who needs one sorts
    assert sorted(lake.arrow(TITLES, NIGHT)["title_id"].to_pylist()) == ["a", "b", "c"]


def test_a_lake_asks_for_its_session_anew(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    # its server may have ended since: a session that the lake kept would be dead for good
    sessions = iter(("dead", "alive"))
    monkeypatch.setattr(spark, "session", lambda _: next(sessions))
    assert [str(lake.spark), str(lake.spark)] == ["dead", "alive"]


def test_spark_and_arrow_read_and_write_the_same_rows(lake: Lake, rows: Rows) -> None:
    said = rows(TITLES, {"title_id": "a", "genres": ["Drama"], "year": 1999})
    lake.write(TITLES, lake.spark.createDataFrame(said), NIGHT)
    assert lake.arrow(TITLES, NIGHT).equals(said)
    lake.write(TITLES, said, NEXT)
    assert lake.read(TITLES, NEXT).drop("night").toArrow().equals(said.drop_columns("night"))
    # and by Spark over what Arrow wrote: the other night stays
    lake.write(TITLES, lake.spark.createDataFrame(said), NEXT)
    assert lake.nights(TITLES) == [NIGHT, NEXT]
