"""The night to run follows from what is published and what has landed."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

from jobs.night.choose import land_something, next_night
from lakehouse.catalog import VERSIONS

if TYPE_CHECKING:
    from lakehouse.tables import Lake
    from tests.conftest import Rows

LANDED = [date(1998, 4, day) for day in (3, 20, 21, 22)]


def publish(lake: Lake, rows: Rows, night: date) -> None:
    lake.write(VERSIONS, rows(VERSIONS, {"version": str(night)}, night=night), night)


def test_on_an_empty_lake_the_last_night_but_one_so_that_a_second_call_has_one(lake: Lake) -> None:
    assert next_night(lake, LANDED) == date(1998, 4, 21)
    assert next_night(lake, LANDED[:1]) == date(1998, 4, 3)  # or the only one there is


def test_then_the_day_after_even_if_nothing_happened_on_it(lake: Lake, rows: Rows) -> None:
    publish(lake, rows, date(1998, 4, 3))
    assert next_night(lake, LANDED) == date(1998, 4, 4)


def test_after_the_last_landed_night_nothing_is_left(lake: Lake, rows: Rows) -> None:
    publish(lake, rows, date(1998, 4, 22))
    assert next_night(lake, LANDED) is None


def test_what_someone_landed_is_not_mixed_with_movielens(lake: Lake) -> None:
    folder = lake.settings.at("landing", "events")
    folder.mkdir(parents=True)
    event = {
        "event_id": "e1", "type": "play", "profile_id": "p", "title_id": "t",
        "event_time": "2026-01-09T20:00:00Z", "known_time": "2026-01-09T20:00:01Z",
    }  # fmt: skip
    (folder / "own.jsonl").write_text(json.dumps(event) + "\n")
    assert land_something(lake) == [date(2026, 1, 9)]
    assert [file.name for file in folder.iterdir()] == ["own.jsonl"]
