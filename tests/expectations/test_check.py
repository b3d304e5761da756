"""A check stops the chain with a message that helps, keeps what fails, and looks at news only."""

from __future__ import annotations

import json
import logging
import re
import socket
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from expectations import batch, results, scope
from expectations.check import check
from expectations.results import FailedChecks
from expectations.suites import SUITES
from lakehouse.catalog import EVENT_COUNTS, EVENTS, PAGES, PROFILES, REJECTED_EVENTS, TITLES
from tests.conftest import NIGHT
from tests.expectations.conftest import EVENT, SOUND, Row

if TYPE_CHECKING:
    from lakehouse.tables import Lake
    from tests.conftest import Rows
    from tests.expectations.conftest import Plant

NEXT = NIGHT + timedelta(days=1)


def events(*types: str) -> list[Row]:
    """One event of each type."""
    return [EVENT | {"event_id": f"e{n}", "type": kind} for n, kind in enumerate(types)]


def test_the_message_names_table_expectation_count_and_three_rows(lake: Lake, plant: Plant) -> None:
    """Four of six events are of no known type; three of them are shown."""
    plant({EVENTS: events("play", "seen", "complete", "saw", "see", "sawn")})
    with pytest.raises(FailedChecks) as stopped:
        check(lake, [EVENTS], NIGHT)
    said = str(stopped.value)
    assert "silver.events" in said
    assert "expect_column_values_to_be_in_set(type)" in said
    assert "4 of 6 rows" in said
    assert [kind in said for kind in ("seen", '"saw"', '"see"', "sawn")] == [True] * 3 + [False]
    assert str(NIGHT) in said


def test_rows_that_fail_are_kept_whole(lake: Lake, plant: Plant) -> None:
    """Also columns that no expectation names: whoever mends the rows needs to find them."""
    plant({EVENTS: [EVENT, EVENT | {"event_id": "e2", "type": "seen", "device": "tv"}]})
    with pytest.raises(FailedChecks):
        check(lake, [EVENTS], NIGHT)
    (result,) = results.read(lake.settings, NIGHT)
    (outcome,) = result.failed
    kept = pq.read_table(lake.settings.at(outcome.kept)).to_pylist()
    assert [(row["event_id"], row["type"], row["device"]) for row in kept] == [("e2", "seen", "tv")]


def test_no_message_and_no_log_says_who_a_row_is_about(
    lake: Lake, plant: Plant, caplog: pytest.LogCaptureFixture
) -> None:
    """The rows are told apart and their facts told; who they are about stands in the kept file."""
    seen = EVENT | {"type": "seen"}
    line = {"raw": '{"profile_id": "anna@example.org"}', "file": "a.jsonl", "file_hash": "f"}
    plant({
        EVENTS: [
            seen | {"event_id": "e1", "profile_id": "anna@example.org"},
            seen | {"event_id": "e2", "profile_id": "ben@example.org"},
            seen | {"event_id": "e3", "profile_id": "anna@example.org"},
        ],
        REJECTED_EVENTS: [line | {"line": 7, "reason": ""}],
    })  # fmt: skip
    with caplog.at_level(logging.INFO), pytest.raises(FailedChecks) as stopped:
        check(lake, [EVENTS, REJECTED_EVENTS], NIGHT)
    said = str(stopped.value)
    assert re.findall(r'"event_id": "(e.)".*?"profile_id": "(.*?)"', said) == [
        ("e1", "#1"), ("e2", "#2"), ("e3", "#1"),
    ]  # fmt: skip
    assert '"raw": "#1", "file": "a.jsonl"' in said
    assert "example.org" not in said + caplog.text
    events, _ = results.read(lake.settings, NIGHT)
    whole = pq.read_table(lake.settings.at(events.failed[0].kept))["profile_id"].to_pylist()
    assert whole == ["anna@example.org", "ben@example.org", "anna@example.org"]


def test_what_a_whole_table_holds_instead_names_nobody_either(lake: Lake, plant: Plant) -> None:
    """Great Expectations can list every value of a column in which one is missing."""
    own = [page for page in SOUND["gold.pages"] if page["profile_id"]]
    plant({PAGES: own})
    with pytest.raises(FailedChecks, match=r"whoever has none .*: found none of \[''\]"):
        check(lake, [PAGES], NIGHT)


def test_that_a_row_is_about_nobody_is_told(lake: Lake, plant: Plant) -> None:
    """Hiding it would hide the fault."""
    plant({PROFILES: [{"profile_id": ""}, {"profile_id": "p"}]})
    with pytest.raises(FailedChecks, match='"profile_id": ""'):
        check(lake, [PROFILES], NIGHT)


def test_every_table_and_fault_is_told_at_once(lake: Lake, plant: Plant) -> None:
    """One run, three faults in two tables: nobody mends one to meet the next."""
    plant({
        EVENTS: [EVENT | {"type": "seen", "seconds": -1.0}],
        PROFILES: [{"profile_id": "p"}, {"profile_id": "p"}],
    })  # fmt: skip
    with pytest.raises(FailedChecks) as stopped:
        check(lake, [EVENTS, TITLES, PROFILES], NIGHT)
    said = str(stopped.value)
    assert [word in said for word in ("to_be_in_set(type)", "between(seconds)", "silver.profiles")]
    assert "silver.titles" not in said
    assert set(results.verdicts(lake.settings, NIGHT)) == {"silver.events", "silver.titles", "silver.profiles"}  # fmt: skip


def test_a_warning_is_said_and_stops_nothing(
    lake: Lake, plant: Plant, caplog: pytest.LogCaptureFixture
) -> None:
    plant({TITLES: [{"title_id": "t1", "name": None}]})
    with caplog.at_level(logging.INFO, logger="expectations"):
        (result,) = check(lake, [TITLES], NIGHT)
    assert result.verdict == "warned"
    assert "A title has a name" in caplog.text
    assert results.verdicts(lake.settings, NIGHT) == {"silver.titles": "warned"}


def test_columns_of_another_type_stop_before_a_row_is_read(lake: Lake, plant: Plant) -> None:
    """Someone wrote the table without Lake: the year became text and the franchise is gone."""
    plant()
    rows = lake.arrow(TITLES, NIGHT).drop_columns("franchise")
    rows = rows.set_column(3, "year", pa.array(["1995"] * len(rows)))
    write_deltalake(lake.location(TITLES), rows, mode="overwrite", schema_mode="overwrite")
    with pytest.raises(FailedChecks, match="columns of the catalog") as stopped:
        check(lake, [TITLES], NIGHT)
    assert '{"column": "franchise", "said": "STRING", "found": "absent"}' in str(stopped.value)
    assert '{"column": "year", "said": "INT", "found": "STRING"}' in str(stopped.value)


def test_a_snapshot_that_was_not_written_stops(lake: Lake, plant: Plant) -> None:
    """The pages of the night before are there, but nobody may publish them as this night's."""
    plant()
    with pytest.raises(FailedChecks, match=r"gold\.pages.*The night holds rows"):
        check(lake, [PAGES], NEXT)


def test_a_night_without_events_is_sound(lake: Lake, plant: Plant, rows: Rows) -> None:
    plant()
    counts: Row = dict.fromkeys(("landed", "events", "rejected", "duplicates"), 0)
    lake.write(EVENT_COUNTS, rows(EVENT_COUNTS, counts, night=NEXT), NEXT)
    found = check(lake, [EVENTS, EVENT_COUNTS], NEXT)
    assert [result.verdict for result in found] == ["passed", "passed"]


def test_a_table_never_written_is_an_empty_history(lake: Lake) -> None:
    """No reject was ever written: the columns cannot agree, so the check says so."""
    with pytest.raises(FailedChecks, match="absent"):
        check(lake, [EVENTS], NIGHT)


def test_only_nights_that_changed_are_read_again(lake: Lake, plant: Plant, rows: Rows) -> None:
    """Three nights pass; then a late file changes the second: it is checked with the fourth."""
    nights = [NIGHT + timedelta(days=n) for n in range(4)]
    for n, night in enumerate(nights):
        lake.write(EVENTS, rows(EVENTS, EVENT | {"event_id": f"e{n}"}, night=night), night)
    assert check(lake, [EVENTS], nights[2])[0].nights == 3
    late = [EVENT | {"event_id": "e1"}, EVENT | {"event_id": "late"}]
    lake.write(EVENTS, rows(EVENTS, *late, night=nights[1]), nights[1])
    suite = SUITES["silver.events"]
    assert scope.nights_to_check(lake, suite, nights[3]) == [nights[1], nights[3]]
    assert check(lake, [EVENTS], nights[3])[0].rows == 3


def test_a_night_that_failed_stops_the_next_one_too(lake: Lake, rows: Rows) -> None:
    """History holds the broken row: whoever reads the next night would read it."""
    lake.write(EVENTS, rows(EVENTS, EVENT | {"type": "seen"}), NIGHT)
    lake.write(EVENTS, rows(EVENTS, EVENT | {"event_id": "e2"}, night=NEXT), NEXT)
    for night in (NIGHT, NEXT):
        with pytest.raises(FailedChecks, match="vocabulary"):
            check(lake, [EVENTS], night)


def test_a_key_of_an_old_night_may_not_come_again(lake: Lake, rows: Rows) -> None:
    """The old night is not read again, but its keys are: the resent event counts twice."""
    lake.write(EVENTS, rows(EVENTS, EVENT), NIGHT)
    check(lake, [EVENTS], NIGHT)
    lake.write(EVENTS, rows(EVENTS, EVENT, night=NEXT), NEXT)
    with pytest.raises(FailedChecks, match="No two rows share event_id"):
        check(lake, [EVENTS], NEXT)


def test_later_nights_are_not_looked_at(lake: Lake, rows: Rows) -> None:
    """A backfill of an old night is not stopped by a fault that came after it."""
    lake.write(EVENTS, rows(EVENTS, EVENT), NIGHT)
    lake.write(EVENTS, rows(EVENTS, EVENT | {"type": "seen"}, night=NEXT), NEXT)
    assert check(lake, [EVENTS], NIGHT)[0].verdict == "passed"


def test_other_expectations_read_everything_again(
    lake: Lake, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    for night in (NIGHT, NEXT):
        lake.write(EVENTS, rows(EVENTS, EVENT | {"event_id": str(night)}, night=night), night)
    suite = SUITES["silver.events"]
    check(lake, [EVENTS], NEXT)
    assert scope.nights_to_check(lake, suite, NEXT) == [NEXT]
    monkeypatch.setattr(type(suite), "fingerprint", "another")
    assert scope.nights_to_check(lake, suite, NEXT) == [NIGHT, NEXT]


def test_two_runs_give_the_same_result(lake: Lake, plant: Plant) -> None:
    """Seconds aside, a rerun writes the same file: the manifest hashes what is in it."""
    plant()
    told = []
    for _ in range(2):
        check(lake, [PAGES], NIGHT)
        path = results.folder(lake.settings, NIGHT) / "gold.pages.json"
        told.append({**json.loads(path.read_text()), "seconds": None})
    assert told[0] == told[1]


def test_documents_need_no_network(lake: Lake, plant: Plant) -> None:
    """Whoever opens them on a train sees them, and their makers do not hear of it."""
    plant({EVENTS: events("play", "seen")})
    with pytest.raises(FailedChecks):
        check(lake, [EVENTS, TITLES], NIGHT)
    docs = lake.settings.at("checks", "docs")
    pages = sorted(docs.rglob("*.html"))
    assert len(pages) == 3  # the index and a page for each table
    for page in pages:
        html = page.read_text()
        assert "<script" not in html
        assert not [w for w in ('src="http', 'href="http', "url(http", "url('http") if w in html]
    assert "silver/events" in (docs / "index.html").read_text()


def test_nothing_is_sent_anywhere(
    lake: Lake, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Great Expectations would report its use."""

    def refuse(*_: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    plant()
    check(lake, [TITLES, PROFILES], NIGHT)


def test_old_documents_are_dropped(lake: Lake, plant: Plant, rows: Rows) -> None:
    """Of sixteen nights the newest fourteen keep their pages; results stay."""
    nights = [date(2026, 1, day) for day in range(1, 17)]
    for night in nights:
        lake.write(PROFILES, rows(PROFILES, *SOUND["silver.profiles"], night=night), night)
        check(lake, [PROFILES], night)
    pages = lake.settings.at("checks", "docs", "validations", "silver", "profiles")
    assert sorted(folder.name for folder in pages.iterdir()) == [str(n) for n in nights[2:]]
    assert results.verdicts(lake.settings, nights[0]) == {"silver.profiles": "passed"}


def test_the_engine_is_chosen_by_what_a_check_reads(lake: Lake, rows: Rows) -> None:
    """The second night's one event of 14 columns, and the keys of both nights' three."""
    lake.write(EVENTS, rows(EVENTS, *events("play", "play")), NIGHT)
    lake.write(EVENTS, rows(EVENTS, EVENT | {"event_id": "new"}, night=NEXT), NEXT)
    lake.write(PAGES, rows(PAGES, *SOUND["gold.pages"]), NIGHT)
    assert batch.cells(lake, SUITES["silver.events"], NEXT, [NEXT]) == 1 * 14 + 3 * 1
    assert (
        batch.cells(lake, SUITES["gold.pages"], NIGHT, [NIGHT]) == 2 * 5
    )  # a snapshot has no past
