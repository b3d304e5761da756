"""What counts as a label, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.labels import observed
from tests.features.log import CATALOGUE, events, us

if TYPE_CHECKING:
    import pyarrow as pa


def labels(log: pa.Table, start: str = "2026-01-01", end: str = "2026-02-01") -> list[Any]:
    return observed(log, CATALOGUE, us(start), us(end)).to_pylist()


def test_watching_on_within_a_day_is_one_label_and_coming_back_is_another() -> None:
    log = events(
        ("p0", "t1", "play", "2026-01-02 10:00"),
        ("p0", "t1", "complete", "2026-01-02 12:00"),
        ("p0", "t1", "play", "2026-01-03 12:00"),  # 24 hours after the last: watching on
        ("p0", "t1", "play", "2026-01-04 12:00:01"),  # a second more: met anew
        ("p1", "t1", "play", "2026-01-02 11:00"),  # somebody else
    )
    found = [(one["profile_id"], one["as_of"]) for one in labels(log)]
    assert found == [
        ("p0", us("2026-01-02 10:00")),
        ("p0", us("2026-01-04 12:00:01")),
        ("p1", us("2026-01-02 11:00")),
    ]


def test_a_play_and_a_complete_of_one_second_are_one_label() -> None:
    when = "2026-01-02 10:00"
    (label,) = labels(events(("p0", "t1", "play", when), ("p0", "t1", "complete", when)))
    assert (label["origin"], label["watched"], label["completed"]) == ("watched", True, True)


def test_outcomes_are_those_of_the_next_24_hours() -> None:
    log = events(
        ("p0", "t1", "play", "2026-01-02 10:00"),
        ("p0", "t1", "complete", "2026-01-03 10:00"),
        ("p0", "t1", "like", "2026-01-03 10:00"),
        ("p0", "t2", "play", "2026-01-02 10:00"),
        ("p0", "t2", "complete", "2026-01-03 10:00:01"),  # watching on: no label, and too late
        ("p0", "t2", "like", "2026-01-02 09:59"),  # said before it was met
        ("p0", "t3", "play", "2026-01-02 10:00"),
        ("p0", "t3", "like", "2026-01-02 11:00"),
        ("p0", "t3", "dislike", "2026-01-02 12:00"),  # the last word counts
    )
    first = {one["title_id"]: one for one in reversed(labels(log))}
    assert [(first[t]["completed"], first[t]["liked"]) for t in ("t1", "t2", "t3")] == [
        (True, True), (False, None), (False, False),
    ]  # fmt: skip


def test_an_impression_is_a_label_only_if_nothing_came_of_it() -> None:
    log = events(
        ("p0", "t1", "impression", "2026-01-02 10:00"),
        ("p0", "t1", "play", "2026-01-03 10:00"),  # within 24 hours: it worked
        ("p0", "t2", "impression", "2026-01-02 10:00"),
        ("p0", "t2", "impression", "2026-01-02 20:00"),  # the same evening again
        ("p0", "t2", "play", "2026-01-04 10:00"),  # too late to be its doing
        ("p0", "t3", "impression", "2026-01-31 10:00"),  # its day is not over
    )
    shown = [one for one in labels(log) if one["origin"] == "shown"]
    assert [(one["title_id"], one["as_of"]) for one in shown] == [("t2", us("2026-01-02 10:00"))]
    assert (shown[0]["watched"], shown[0]["completed"], shown[0]["liked"]) == (False, None, None)


def test_labels_lie_in_their_window_but_know_what_was_before() -> None:
    log = events(
        ("p0", "t1", "play", "2026-01-09 23:00"),
        ("p0", "t1", "play", "2026-01-10 01:00"),  # watching on from before the window
        ("p0", "t2", "play", "2026-01-10 00:00"),
        ("p0", "t3", "play", "2026-01-11 00:00"),
    )
    assert [one["title_id"] for one in labels(log, "2026-01-10", "2026-01-11")] == ["t2"]
