"""Maintenance changes how a table is stored and how far back it goes, never what it says."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from lakehouse import upkeep
from lakehouse.catalog import EVENT_COUNTS, EVENTS, TITLE_VECTORS, TITLES
from lakehouse.errors import BrokenFile
from lakehouse.upkeep import expired, keep_up

if TYPE_CHECKING:
    from lakehouse.tables import Lake
    from tests.conftest import Rows

NIGHT = date(2026, 1, 10)


def days_ago(*days: int) -> list[date]:
    return [NIGHT - timedelta(days=day) for day in days]


def test_history_goes_back_as_far_as_its_retention() -> None:
    nights = days_ago(0, 399, 400, 401)
    assert expired(EVENTS, nights, NIGHT) == days_ago(401, 400)


def test_the_newest_snapshot_stays_however_old_it_is() -> None:
    # nobody ran the night for two months: as of tonight the vectors are those of then
    assert expired(TITLE_VECTORS, days_ago(60, 61), NIGHT) == days_ago(61)


def test_nights_after_the_one_counted_from_stay() -> None:
    # an older night is run again: what later nights made is not its business
    later = [NIGHT + timedelta(days=1)]
    assert expired(TITLE_VECTORS, [*days_ago(40, 0), *later], NIGHT) == days_ago(40)


def test_expired_nights_go_and_the_rest_says_the_same(lake: Lake, rows: Rows) -> None:
    for night in days_ago(401, 1, 0):
        lake.write(EVENT_COUNTS, rows(EVENT_COUNTS, {"landed": 3}, night=night), night)
    before = lake.arrow(EVENT_COUNTS, NIGHT).sort_by("night").slice(1)

    done = keep_up(lake, EVENT_COUNTS, NIGHT)

    assert done.nights_dropped == 1
    assert lake.nights(EVENT_COUNTS) == days_ago(1, 0)
    assert lake.arrow(EVENT_COUNTS, NIGHT).sort_by("night").equals(before)


def test_small_files_of_a_night_are_joined_once(lake: Lake, rows: Rows) -> None:
    for number in range(5):  # five landed files of one night
        lake.append_once(EVENTS, rows(EVENTS, {"event_id": f"e{number}"}, night=NIGHT), str(number))
    before = lake.arrow(EVENTS, NIGHT).sort_by("event_id")

    done = keep_up(lake, EVENTS, NIGHT)
    assert (done.files_before, done.files_after) == (5, 1)
    assert lake.arrow(EVENTS, NIGHT).sort_by("event_id").equals(before)

    # the same file dropped once more is still known, though its commit is now in a checkpoint
    assert not lake.append_once(EVENTS, rows(EVENTS, {"event_id": "e0"}, night=NIGHT), "0")
    again = keep_up(lake, EVENTS, NIGHT)
    assert (again.nights_dropped, again.files_after, again.files_removed) == (0, 1, 0)


def test_what_a_killed_write_left_is_removed_after_a_week(lake: Lake, rows: Rows) -> None:
    lake.write(TITLES, rows(TITLES, {"title_id": "t1"}, night=NIGHT), NIGHT)
    folder = Path(lake.location(TITLES), "night=2026-01-10")
    old, fresh = folder / "part-old.parquet", folder / "part-fresh.parquet"
    for file in (old, fresh):
        file.write_bytes(b"half")
    a_week_and_a_day_ago = file.stat().st_mtime - 8 * 86400
    os.utime(old, (a_week_and_a_day_ago, a_week_and_a_day_ago))

    keep_up(lake, TITLES, NIGHT)

    assert not old.exists()
    assert fresh.exists()  # its writer may be alive
    assert lake.arrow(TITLES, NIGHT)["title_id"].to_pylist() == ["t1"]


def test_a_version_that_pages_rest_on_can_be_read_after_all_others_are_gone(
    lake: Lake, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "VACUUM_HOURS", 0)
    for name in ("first", "second", "third"):
        lake.write(TITLES, rows(TITLES, {"title_id": name}, night=NIGHT), NIGHT)
    table = DeltaTable(lake.address(TITLES))
    table.alter.set_table_properties({"delta.deletedFileRetentionDuration": "interval 0 hours"})

    keep_up(lake, TITLES, NIGHT, versions=[1])

    assert lake.arrow(TITLES, version=1)["title_id"].to_pylist() == ["second"]
    assert lake.arrow(TITLES)["title_id"].to_pylist() == ["third"]
    with pytest.raises(BrokenFile):
        lake.arrow(TITLES, version=0)


def test_a_version_that_the_log_lost_does_not_stop_maintenance(lake: Lake, rows: Rows) -> None:
    lake.write(TITLES, rows(TITLES, {"title_id": "t1"}, night=NIGHT), NIGHT)
    assert keep_up(lake, TITLES, NIGHT, versions=[4711]).files_after == 1
