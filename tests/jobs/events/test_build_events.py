"""Each landed line becomes one event, one reject or one duplicate, whatever comes when."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from jobs.events import build_events, build_titles, land
from lakehouse.catalog import EVENT_COUNTS, EVENTS, LANDED, REJECTED_EVENTS, TITLES

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.tables import Lake

NIGHT = date(2026, 1, 10)
NEXT = NIGHT + timedelta(days=1)
GOOD = {
    "event_id": "e1", "type": "play", "profile_id": "p", "title_id": "t",
    "event_time": "2026-01-10T20:00:00Z", "known_time": "2026-01-10T20:00:01Z",
}  # fmt: skip


def drop(lake: Lake, name: str, *events: dict[str, Any] | str | bytes) -> None:
    """A file in the landing folder, as a service would drop it."""
    folder = lake.settings.at("landing", "events")
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        e if isinstance(e, bytes) else (e if isinstance(e, str) else json.dumps(e)).encode()
        for e in events
    ]
    (folder / f"{name}.jsonl").write_bytes(b"\n".join(lines) + b"\n")


def run(lake: Lake, night: date) -> None:
    land.main(lake, night)
    build_events.main(lake, night)


def ids(lake: Lake, night: date | None = None) -> list[str]:
    found = lake.arrow(EVENTS, columns=["event_id", "night"]).to_pylist()
    return sorted(row["event_id"] for row in found if night in (None, row["night"]))


BROKEN: list[tuple[dict[str, Any] | str | bytes, str]] = [
    (GOOD | {"type": "watched"}, "Its type is not one of the vocabulary."),
    (GOOD | {"event_id": ""}, "It has no event_id."),
    (GOOD | {"profile_id": None}, "It has no profile_id."),
    (GOOD | {"title_id": None}, "It has no title_id."),
    (GOOD | {"profile_id": "x" * 257}, "Its profile_id is over 256 bytes long."),
    (GOOD | {"event_time": "yesterday"}, "Its event_time is not an ISO 8601 time."),
    (GOOD | {"event_time": "2026-13-45T99:00:00Z"}, "Its event_time is not an ISO 8601 time."),
    (
        GOOD | {"event_time": "2026-01-10T20:05:02Z"},  # five minutes and one second ahead
        "Its event_time is more than five minutes after its known_time.",
    ),
    (GOOD | {"seconds": -1}, "Its seconds are not a number of 0 or more."),
    (GOOD | {"seconds": "NaN"}, "Its seconds are not a number of 0 or more."),
    (GOOD | {"shown_slot": -3}, "Its shown_slot is not a whole number of 0 or more."),
    ('{"event_id": "e1", "type": ', "The line is not JSON in UTF-8."),
    (b'{"event_id": "\xff\xfe"}', "The line is not JSON in UTF-8."),
]


def test_each_breach_is_set_aside_with_its_reason(lake: Lake) -> None:
    drop(lake, "log", *(line for line, _ in BROKEN), GOOD)
    run(lake, NIGHT)
    rejected = lake.arrow(REJECTED_EVENTS).sort_by("line").to_pylist()
    assert [row["reason"] for row in rejected] == [reason for _, reason in BROKEN]
    assert rejected[-2]["raw"] == '{"event_id": "e1", "type": '
    assert {row["file"] for row in rejected} == {"log.jsonl"}
    assert ids(lake) == ["e1"]


def test_edges_that_are_still_good(lake: Lake) -> None:
    drop(
        lake, "log",
        GOOD | {"event_id": "skew", "event_time": "2026-01-10T20:05:01Z"},  # five minutes: a clock
        GOOD | {"event_id": "search", "type": "search", "title_id": None},
        GOOD | {"event_id": "zero", "seconds": 0, "shown_slot": 0},
    )  # fmt: skip
    run(lake, NIGHT)
    assert ids(lake) == ["search", "skew", "zero"]


def test_landing_again_changes_nothing(lake: Lake) -> None:
    drop(lake, "log", GOOD)
    run(lake, NIGHT)
    before = lake.arrow(EVENTS)
    drop(lake, "renamed", GOOD)
    run(lake, NIGHT)
    assert lake.arrow(EVENTS).equals(before)
    assert len(lake.arrow(LANDED)) == 1


def test_resent_events_count_once_and_are_counted(lake: Lake) -> None:
    later = GOOD | {"known_time": "2026-01-11T08:00:00Z"}
    drop(lake, "log", GOOD, GOOD | {"seconds": 5}, later)
    run(lake, NIGHT)
    run(lake, NEXT)  # the copy belongs to the next night, and is a copy there too
    assert ids(lake) == ["e1"]
    counts = lake.arrow(EVENT_COUNTS).sort_by("night").to_pylist()
    assert [(c["landed"], c["events"], c["duplicates"]) for c in counts] == [(2, 1, 1), (1, 0, 1)]


def test_a_late_file_changes_only_the_nights_it_belongs_to(lake: Lake) -> None:
    drop(lake, "log", GOOD, GOOD | {"event_id": "e2", "known_time": "2026-01-11T09:00:00Z"})
    run(lake, NIGHT)
    run(lake, NEXT)
    untouched = lake.files(EVENTS)
    drop(lake, "late", GOOD | {"event_id": "e0", "event_time": "2026-01-10T01:00:00Z"})
    after = NEXT + timedelta(days=1)
    run(lake, after)
    assert ids(lake, NIGHT) == ["e0", "e1"]
    assert ids(lake, NEXT) == ["e2"]
    kept = [file for file in untouched if f"night={NEXT}" in file]
    assert kept
    assert set(kept) <= set(lake.files(EVENTS))


def test_events_after_the_night_wait_for_theirs(lake: Lake) -> None:
    drop(lake, "log", GOOD | {"known_time": "2026-01-12T00:00:00Z"})
    run(lake, NIGHT)
    assert ids(lake) == []
    run(lake, date(2026, 1, 12))
    assert ids(lake) == ["e1"]


def test_a_log_without_known_time_takes_the_night_it_was_landed_for(lake: Lake) -> None:
    drop(lake, "log", {k: v for k, v in GOOD.items() if k != "known_time"})
    run(lake, NEXT)
    (event,) = lake.arrow(EVENTS).to_pylist()
    assert event["night"] == NEXT
    assert event["known_time"].isoformat() == "2026-01-11T23:59:59+00:00"


def test_a_night_without_events_is_valid(lake: Lake) -> None:
    run(lake, NIGHT)
    assert lake.arrow(EVENT_COUNTS, NIGHT).to_pylist()[0]["landed"] == 0
    assert len(lake.arrow(EVENTS, NIGHT)) == 0


def test_a_lost_line_stops_the_night() -> None:
    import pyarrow as pa

    counts = {"night": NIGHT, "landed": 3, "events": 1, "rejected": 1, "duplicates": 0}
    with pytest.raises(build_events.LostLines, match="Of 3 lines landed for 2026-01-10, 2 became"):
        build_events.require_all(pa.Table.from_pylist([counts]))


def test_titles_that_someone_watched_are_in_the_catalogue(lake: Lake, tmp_path: Path) -> None:
    folder = lake.settings.at("landing", "titles")
    folder.mkdir(parents=True)
    (folder / "titles-0001-a.jsonl").write_text('{"title_id": "t", "name": "old", "year": 1}\n')
    (folder / "titles-0002-b.jsonl").write_text('{"title_id": "t", "name": "new"}\n')
    drop(lake, "log", GOOD, GOOD | {"event_id": "e2", "title_id": "unsaid"})
    run(lake, NIGHT)
    build_titles.main(lake, NIGHT)
    found = lake.arrow(TITLES, NIGHT).to_pylist()
    # what landed later overrides the whole row; nobody said anything of the other
    assert [(t["title_id"], t["name"], t["year"]) for t in found] == [
        ("t", "new", None), ("unsaid", None, None),
    ]  # fmt: skip


def test_the_nights_that_the_data_knows_are_told_before_and_after_landing(lake: Lake) -> None:
    assert land.landed_nights(lake) == []
    days = (date(2026, 1, 8), NIGHT)
    drop(lake, "log", *(GOOD | {"event_id": f"{d}", "known_time": f"{d}T21:00:00Z"} for d in days))
    assert land.landed_nights(lake) == list(days)
    land.main(lake, NEXT)
    assert land.landed_nights(lake) == list(days)
