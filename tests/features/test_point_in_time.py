"""A label knows what happened and was known before it, strictly, and comes back exactly once."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import offline
from features.offline import LostRows, known_features
from features.watches import microseconds
from tests.features import oracle
from tests.features.log import (
    CATALOGUE,
    HERE,
    MEMBERS,
    START,
    events,
    random_log,
    sources,
    time,
    titles,
    us,
)  # fmt: skip

if TYPE_CHECKING:
    from datetime import datetime

ALWAYS = "2030-01-01"


def asked(*rows: tuple[str, str, str]) -> tuple[pa.Table, pa.Table]:
    """Contexts and pairs of labels (profile, title, time)."""
    who, what, when = ([row[place] for row in rows] for place in range(3))
    pairs = pa.table({
        "label": np.arange(len(rows)),
        "profile_id": pa.array(who, pa.string()),
        "title_id": pa.array(what, pa.string()),
        "as_of": pa.array([us(one) for one in when], pa.int64()),
    })  # fmt: skip
    return pairs.drop_columns("title_id"), pairs


def joined(folder: Path, log: pa.Table, *rows: tuple[str, str, str], **more: Any) -> list[Any]:
    """Every joined feature of each label, in order."""
    given = sources(folder, log, more.get("catalogue", CATALOGUE), MEMBERS, ALWAYS)
    profile, pair = known_features(given, *asked(*rows), HERE)
    return [a | b for a, b in zip(profile.to_pylist(), pair.to_pylist(), strict=True)]


def test_what_shares_the_second_of_a_label_is_its_future(tmp_path: Path) -> None:
    log = events(
        ("p1", "t1", "complete", "2026-01-02 10:00"),  # the label's own event
        ("p1", "t2", "complete", "2026-01-02 10:00"),  # and its twin of the same second
        ("p1", "t3", "complete", "2026-01-02 09:59:59"),
    )
    (label,) = joined(tmp_path, log, ("p1", "t1", "2026-01-02 10:00"))
    assert label["plays_7d"] == 1
    assert label["days_since_last_play"] == pytest.approx(1 / 86400)
    assert label["title_plays_1d"] == label["times_seen"] == 0


def test_a_window_reaches_back_to_its_very_edge(tmp_path: Path) -> None:
    log = events(("p1", "t1", "play", "2026-01-02 10:00"))
    inside, outside = joined(
        tmp_path, log, ("p1", "t1", "2026-01-09 10:00"), ("p1", "t1", "2026-01-09 10:00:01")
    )
    assert (inside["plays_7d"], inside["title_plays_7d"]) == (1, 1)
    assert (outside["plays_7d"], outside["title_plays_7d"]) == (0, 0)
    assert outside["plays_30d"] == outside["times_seen"] == 1


def test_a_late_event_counts_from_when_it_was_known(tmp_path: Path) -> None:
    log = events(("p1", "t1", "like", "2026-01-02 10:00", "2026-01-05 10:00"))
    untold, tied, told = joined(
        tmp_path, log,
        ("p1", "t1", "2026-01-04 00:00"),
        ("p1", "t1", "2026-01-05 10:00"),  # known in this very second: not before it
        ("p1", "t1", "2026-01-05 10:00:01"),
    )  # fmt: skip
    assert [one["like_share"] for one in (untold, tied, told)] == [1 / 2, 1 / 2, 2 / 3]


def test_an_event_known_after_its_window_never_counts_in_it(tmp_path: Path) -> None:
    log = events(("p1", "t1", "play", "2026-01-02 10:00", "2026-01-20 10:00"))
    (label,) = joined(tmp_path, log, ("p1", "t1", "2026-01-21 00:00"))
    assert (label["plays_7d"], label["plays_30d"]) == (0, 1)
    # it is the newest watch as soon as it is known, and 18 days old then
    assert label["days_since_last_play"] == pytest.approx(18 + 14 / 24)


def test_who_has_no_history_gets_what_the_declarations_say(tmp_path: Path) -> None:
    log = events(("p1", "t1", "play", "2026-01-02 10:00"))
    (label,) = joined(tmp_path, log, ("new", "t9", "2026-01-04 00:00"))
    absent = {one.name: one.when_absent for one in offline.PROFILE + offline.TITLE}
    own = {"occupation": "artist", "genres": ["Comedy"], "year": 2009, "title_age_years": 17.0}
    expected = absent | own | {"times_seen": 0.0, "genre_affinities": []}
    expected.pop("last_titles")  # found without a join
    assert label == expected


def test_a_profile_and_a_title_that_no_table_knows_keep_their_row(tmp_path: Path) -> None:
    log = events(("ghost", "gone", "play", "2026-01-02 10:00"))
    (label,) = joined(tmp_path, log, ("ghost", "gone", "2026-01-04 00:00"))
    assert (label["plays_7d"], label["title_plays_7d"], label["times_seen"]) == (1, 1, 1)
    assert (label["age_band"], label["genres"], label["year"]) == ("unknown", [], None)


def test_an_empty_log_loses_no_label(tmp_path: Path) -> None:
    labels = [("p1", "t1", "2026-01-04 00:00"), ("p1", "t1", "2026-01-04 00:00")]
    assert len(joined(tmp_path, events(), *labels)) == 2


def test_a_repeated_title_would_multiply_labels_and_is_refused(tmp_path: Path) -> None:
    twice = titles({"title_id": "t1"}, {"title_id": "t1"})
    with pytest.raises(LostRows, match="given 1 labels and returned 2"):
        joined(tmp_path, events(), ("p1", "t1", "2026-01-04 00:00"), catalogue=twice)


def label_grid() -> list[tuple[str, str, str]]:
    """Labels on the grid of the random log's times, so that they tie with events and edges."""
    rng = np.random.default_rng(5)
    days = [
        f"2026-{1 + d // 28:02}-{1 + d % 28:02} {h:02}:00" for d in range(56) for h in (0, 6, 18)
    ]
    return [
        (f"p{rng.integers(6)}", f"t{rng.integers(12)}", days[rng.integers(len(days))])
        for _ in range(60)
    ]


def test_buckets_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = joined(tmp_path / "one", random_log(1), *label_grid())
    monkeypatch.setattr(offline, "ROWS_A_BUCKET", 25)  # 120 rows asked: five buckets
    assert joined(tmp_path / "five", random_log(1), *label_grid()) == one


def expected_of(
    log: list[dict[str, Any]], profile: str, title: str, at: datetime
) -> dict[str, Any]:
    catalogue = {row["title_id"]: row for row in CATALOGUE.to_pylist()}
    own = [one for one in log if one["profile_id"] == profile]
    of_title = [one for one in log if one["title_id"] == title]
    pair = [one for one in own if one["title_id"] == title]
    seen = oracle.watched(oracle.before(pair, at))
    values = oracle.profile(own, at, catalogue) | oracle.title(of_title, at)
    return values | {"times_seen": len(seen)}


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32), size=st.integers(0, 500))
def test_the_join_agrees_with_counting_one_event_at_a_time(seed: int, size: int) -> None:
    log = random_log(seed, size)
    with tempfile.TemporaryDirectory() as folder:
        found = joined(Path(folder), log, *label_grid())
    rows = log.to_pylist()
    for label, (profile, title, at) in zip(found, label_grid(), strict=True):
        expected = expected_of(rows, profile, title, time(at))
        expected.pop("last_titles")
        shares = expected.pop("genre_affinities")
        assert {name: label[name] for name in expected} == pytest.approx(expected)
        assert dict(label["genre_affinities"]) == pytest.approx(shares)


def test_labels_and_events_lie_on_the_same_grid() -> None:
    # else the property above would never meet a tie
    times = {microseconds(one) for one in random_log(1)["event_time"].to_pylist()}
    assert sum(us(at) in times for _, _, at in label_grid()) > 20
    assert min(times) >= microseconds(START)
