"""Maintenance works once a week and never removes what a readable version was made from."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from jobs.maintain import compact_tables
from jobs.maintain.compact_tables import due, main, past_nights
from lakehouse.catalog import EVENT_COUNTS, TITLES, TRAINING_EXAMPLES

if TYPE_CHECKING:
    from lakehouse.tables import Lake
    from tests.conftest import Rows

NIGHT = date(2026, 1, 10)


def night(days: int) -> date:
    return NIGHT + timedelta(days=days)


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ([], True),  # the first night
        ([night(-6)], False),
        ([night(-7)], True),
        ([night(-20), night(-3)], False),  # the newest counts
        ([night(0)], True),  # the night is run again: so is its work
        ([night(3)], True),  # a later night says nothing of an earlier one
    ],
)
def test_a_week_lies_between(done: list[date], expected: bool) -> None:
    assert due(NIGHT, done) is expected


def test_the_nights_between_record_that_tables_were_kept(lake: Lake, rows: Rows) -> None:
    folder = lake.settings.at("maintenance")
    for day in range(9):
        lake.write(EVENT_COUNTS, rows(EVENT_COUNTS, {"landed": 1}, night=night(day)), night(day))
        main(lake, night(day))
    assert past_nights(folder) == [night(0), night(7)]
    assert json.loads((folder / f"{night(3)}.json").read_text()) == {
        "night": "2026-01-13",
        "kept": True,
    }
    done = json.loads((folder / f"{night(7)}.json").read_text())["tables"]
    assert [told["table"] for told in done] == ["silver.event_counts"]


def test_what_a_live_version_was_made_from_outlives_retention(
    lake: Lake, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    # nothing was published for three weeks, so the live pages are of then; examples expire in 7
    old, older = night(-21), night(-30)
    for when in (older, old, night(0)):
        lake.write(TRAINING_EXAMPLES, rows(TRAINING_EXAMPLES, {"title_id": "t"}, night=when), when)
        lake.write(TITLES, rows(TITLES, {"title_id": "t"}, night=when), when)
    rest: dict[str, set[int]] = {name: set() for name in (TITLES.name, TRAINING_EXAMPLES.name)}
    monkeypatch.setattr(compact_tables, "readable", lambda _: ([old], rest))
    main(lake, NIGHT)
    assert lake.nights(TRAINING_EXAMPLES) == [old, NIGHT]
    monkeypatch.setattr(compact_tables, "readable", lambda _: ([], rest))
    main(lake, NIGHT)  # once no reader can get it, retention counts from tonight
    assert lake.nights(TRAINING_EXAMPLES) == [NIGHT]
    assert lake.nights(TITLES) == [older, old, NIGHT]  # kept for 400 nights


def test_nothing_published_means_nothing_to_protect(lake: Lake) -> None:
    nights, rest = compact_tables.readable(lake)
    assert nights == []
    assert not any(rest.values())
