"""Scores of pairs as of many times agree with matrices built from nothing for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import pair_scores as subject
from features.pair_scores import pair_scores
from features.recent import recent_titles
from features.watches import Watches
from tests.features import oracle
from tests.features.log import CATALOGUE, MEMBERS, events, random_log, time, us

if TYPE_CHECKING:
    import pyarrow as pa

TITLE_IDS = sorted(CATALOGUE["title_id"].to_pylist())
TIMES = [f"2026-{month:02}-{day:02} {hour:02}:00" for month in (1, 2) for day in (3, 9, 20, 27) for hour in (0, 12)]  # fmt: skip


def watches_of(log: pa.Table) -> Watches:
    return Watches.of(log, TITLE_IDS, MEMBERS["profile_id"].to_pylist())


def labels(watches: Watches) -> tuple[list[str], list[str], list[str]]:
    rng = np.random.default_rng(2)
    choices = (watches.profile_ids, watches.title_ids, TIMES)
    who, what, when = ([one[n] for n in rng.integers(len(one), size=80)] for one in choices)
    return who, what, when


def scored(watches: Watches, who: list[str], what: list[str], when: list[str]) -> np.ndarray:
    profiles = np.array([watches.profile_ids.index(one) for one in who], np.int32)
    titles = np.array([watches.title_ids.index(one) for one in what], np.int32)
    return np.stack(pair_scores(watches, profiles, titles, np.array([us(one) for one in when])))


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32), size=st.integers(0, 400))
def test_moving_the_matrices_on_agrees_with_building_them_anew(seed: int, size: int) -> None:
    # a fifth of the random log is known up to twenty days late, so histories are told out of order
    log = random_log(seed, size)
    watches = watches_of(log)
    found = scored(watches, *labels(watches))
    rows = log.to_pylist()
    for place, (who, what, when) in enumerate(zip(*labels(watches), strict=True)):
        expected = oracle.pair_scores(rows, time(when), who, what, watches.title_ids)
        assert found[:, place] == pytest.approx(expected)


def test_blocks_of_titles_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    watches = watches_of(random_log(4))
    whole = scored(watches, *labels(watches))
    assert (whole > 0).mean() > 0.3
    monkeypatch.setattr(subject, "CELLS", 5 * len(watches.title_ids))  # blocks of five columns
    monkeypatch.setattr(subject, "LABELS_AT_ONCE", 7)
    np.testing.assert_array_equal(scored(watches, *labels(watches)), whole)


def test_the_profile_is_exact_where_the_matrices_are_a_night_old() -> None:
    # two others went from t1 to t2 yesterday; whoever watches t1 today is at once near t2
    log = events(
        ("p0", "t1", "play", "2026-01-02 10:00"), ("p0", "t2", "play", "2026-01-02 12:00"),
        ("p1", "t1", "play", "2026-01-02 10:00"), ("p1", "t2", "play", "2026-01-02 12:00"),
        ("p2", "t1", "play", "2026-01-03 09:00"), ("p2", "t2", "play", "2026-01-03 11:00"),
    )  # fmt: skip
    watches = watches_of(log)
    before, after = scored(
        watches, ["p2", "p2"], ["t2", "t2"], ["2026-01-03 09:00", "2026-01-03 10:00"]
    ).T
    assert not before.any()  # t1 is watched in the second of the label itself
    assert after[1] == pytest.approx(np.log1p(2))
    assert after[0] == pytest.approx(2 / 2 * 2 / 12)


def recents(log: pa.Table, profile: str, at: str, length: int) -> list[str]:
    watches = watches_of(log)
    who = np.array([watches.profile_ids.index(profile)], np.int32)
    found = recent_titles(watches, who, np.array([us(at)]), length)[0]
    return [watches.title_ids[code] for code in found if code >= 0]


def test_recent_titles_are_distinct_known_and_newest_first() -> None:
    log = events(
        ("p0", "t1", "play", "2026-01-02 10:00"),
        ("p0", "t2", "play", "2026-01-02 11:00"),
        ("p0", "t3", "play", "2026-01-02 12:00", "2026-01-09 00:00"),  # not known yet
        ("p0", "t1", "complete", "2026-01-02 13:00"),  # once is enough
        ("p0", "t4", "play", "2026-01-02 14:00"),
        ("p0", "t5", "play", "2026-01-03 00:00"),  # the label's own second
        ("p1", "t6", "play", "2026-01-02 10:00"),  # somebody else
    )
    assert recents(log, "p0", "2026-01-03 00:00", 5) == ["t4", "t1", "t2"]
    assert recents(log, "p0", "2026-01-03 00:00", 2) == ["t4", "t1"]
    assert recents(log, "p0", "2026-01-10 00:00", 5) == ["t5", "t4", "t1", "t3", "t2"]
    assert recents(log, "new", "2026-01-10 00:00", 5) == []


def test_recent_titles_agree_with_the_oracle() -> None:
    log = random_log(8)
    own = [one for one in log.to_pylist() if one["profile_id"] == "p1"]
    for at in TIMES:
        expected = oracle.last_titles(oracle.before(own, time(at)), 5)
        assert recents(log, "p1", at, 5) == expected
