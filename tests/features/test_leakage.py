"""Nothing at or after a label reaches it; a planted leak of every kind is noticed."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from features import examples, nightly_pairs, pair_scores, timelines
from features.examples import Labels, featured, with_negatives
from features.labels import observed
from features.recent import recent_titles
from features.watches import Watches, microseconds
from jobs.features import build_examples
from jobs.features.build_examples import examples_of
from lakehouse.catalog import EVENTS, PROFILES, TITLES
from tests.features.log import (
    CATALOGUE,
    HERE,
    MEMBERS,
    event,
    known,
    random_log,
    sources,
    table,
    time,
    us,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lakehouse.tables import Lake

END = "2026-03-01"
BOUNDARIES = ("2026-01-22 18:00", "2026-01-28 18:00", "2026-02-06 06:00")
"""Times at which several profiles watched something: a test below says so."""
LOG = random_log(11, 500)
OUTCOMES = {"origin", "watched", "completed", "liked"}


def digest(rows: pa.Table) -> str:
    """One hash of every value of every row, in order."""
    return hashlib.sha256(repr(rows.to_pylist()).encode()).hexdigest()


def known_at(one: dict[str, Any]) -> Any:
    return max(one["event_time"], one["known_time"])


def rewritten(log: pa.Table, at: str, seed: int) -> pa.Table:
    """The log with every event at or after a time (or known then) deleted, moved or replaced."""
    rng = np.random.default_rng(seed)
    kept, future = [], []
    for one in log.to_pylist():
        (kept if known_at(one) < time(at) else future).append(one)
    changed = [
        one | {
            "title_id": f"t{rng.integers(12)}", "profile_id": f"p{rng.integers(6)}",
            "type": str(rng.choice(["play", "complete", "like", "dislike", "impression"])),
        }
        for one in future
        if rng.random() < 0.6
    ]  # fmt: skip
    # one that happened long before, and is told of in the very second
    late = [event("p1", "t9", "play", "2026-01-05 10:00", at), event("p2", "t1", "like", at)]
    return table(EVENTS, *kept, *changed, *late)


def fixed_labels(end: str) -> tuple[Watches, Labels]:
    """The labels of the true log up to a time, with their sampled titles."""
    told = known(LOG, END)
    seen = observed(told, CATALOGUE, us("2026-01-10"), us(END))
    seen = seen.filter(pa.array([at <= us(end) for at in seen["as_of"].to_pylist()]))
    watches = watches_of(told)
    return watches, with_negatives(seen, watches, CATALOGUE, seed=3)


def watches_of(log: pa.Table) -> Watches:
    return Watches.of(log, CATALOGUE["title_id"].to_pylist(), MEMBERS["profile_id"].to_pylist())


def features_of(folder: Path, log: pa.Table, labels: Labels) -> pa.Table:
    """The features of given labels by what a log holds, without what became of them."""
    given = sources(folder, log, CATALOGUE, MEMBERS, END)
    made = featured(watches_of(known(log, END)), labels, given, HERE)
    return made.select([name for name in made.column_names if name not in OUTCOMES])


def check_features_ignore_the_future(folder: Path) -> None:
    for at in BOUNDARIES:
        # labels before the boundary must not see behind it; those of its very second are sharpest
        _, labels = fixed_labels(at)
        truth = features_of(folder / at / "true", LOG, labels)
        other = features_of(folder / at / "other", rewritten(LOG, at, seed=1), labels)
        assert digest(other) == digest(truth)


def check_own_events_do_not_count(folder: Path) -> None:
    watches, labels = fixed_labels(END)
    truth = features_of(folder / "true", LOG, labels)
    for number in told_at_once(watches, labels)[::12]:
        own = own_events(watches, labels, number)
        without = LOG.filter(pa.array([not one for one in own]))
        alone = features_of(folder / str(number), without, labels)
        assert alone.slice(number, 1).to_pylist() == truth.slice(number, 1).to_pylist()


def own_events(watches: Watches, labels: Labels, number: int) -> list[bool]:
    """[events] whether each is of the label's profile, title and time."""
    who = watches.profile_ids[labels.profiles[number]]
    what = watches.title_ids[labels.titles[number]]
    return [
        (one["profile_id"], one["title_id"], microseconds(one["event_time"]))
        == (who, what, labels.as_of[number])
        for one in LOG.to_pylist()
    ]


def told_at_once(watches: Watches, labels: Labels) -> list[int]:
    """Watched labels whose own event was known when it happened: late ones could not leak."""
    prompt = {
        (one["profile_id"], one["title_id"], microseconds(one["event_time"]))
        for one in LOG.to_pylist()
        if one["known_time"] == one["event_time"] and one["type"] in ("play", "complete")
    }
    keys = zip(labels.profiles, labels.titles, labels.as_of, strict=True)
    return [
        number
        for number, (who, what, at) in enumerate(keys)
        if (watches.profile_ids[who], watches.title_ids[what], at) in prompt
    ]


def test_the_checks_have_something_to_look_at(filled: Lake) -> None:
    watches, labels = fixed_labels(END)
    assert len(told_at_once(watches, labels)[::12]) > 5
    assert len(examples_of(filled, time("2026-02-02").date(), HERE)) > 400
    for at in BOUNDARIES:
        labels = fixed_labels(at)[1]
        assert len(labels.titles) > 100
        assert np.asarray(labels.outcomes["watched"])[labels.as_of == us(at)].sum() > 2


def test_rewriting_the_future_changes_no_feature(tmp_path: Path) -> None:
    check_features_ignore_the_future(tmp_path)


def test_removing_a_labels_own_event_changes_none_of_its_features(tmp_path: Path) -> None:
    check_own_events_do_not_count(tmp_path)


Leak = tuple[object, str, object]


def told_a_little_late(watches: Watches, who: Any, at: Any, length: int) -> Any:
    """The last titles, with those of the label's own second."""
    return recent_titles(watches, who, at + 1, length)


def of_the_next_night(nights: Callable[..., Any]) -> Callable[..., Any]:
    """Matrices that already hold the day of the label."""
    return lambda days: ((day + 1, rows) for day, rows in nights(days))


LEAKS: dict[str, Leak] = {
    "joins": (timelines, "STRICTLY_AFTER", ">="),
    "last titles": (examples, "recent_titles", told_a_little_late),
    "last titles of scores": (pair_scores, "recent_titles", told_a_little_late),
    "matrices": (nightly_pairs, "_nights", of_the_next_night(nightly_pairs._nights)),
}


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("check", [check_features_ignore_the_future, check_own_events_do_not_count])
def test_a_planted_leak_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leak: str, check: Callable[[Path], None]
) -> None:
    monkeypatch.setattr(*LEAKS[leak])
    with pytest.raises(AssertionError):
        check(tmp_path)


@pytest.fixture
def filled(lake: Lake) -> Lake:
    nights = sorted({one["night"] for one in LOG.to_pylist()})
    lake.write_nights(EVENTS, LOG, nights)
    lake.write(TITLES, CATALOGUE, nights[0])
    lake.write(PROFILES, MEMBERS, nights[0])
    return lake


def check_the_training_set_ignores_later_nights(lake: Lake) -> None:
    night = time("2026-02-02").date()
    truth = examples_of(lake, night, HERE)
    for seed in range(2):
        later = rewritten(LOG, "2026-02-03 00:00", seed)
        nights = {one["night"] for one in (LOG.to_pylist() + later.to_pylist())}
        lake.write_nights(EVENTS, later, sorted(nights))
        assert digest(examples_of(lake, night, HERE)) == digest(truth)


def test_rewriting_every_event_after_the_night_leaves_its_training_set(filled: Lake) -> None:
    check_the_training_set_ignores_later_nights(filled)


def test_a_night_that_reads_further_is_noticed(
    filled: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = build_examples.known_events
    monkeypatch.setattr(
        build_examples, "known_events", lambda lake, night: honest(lake, night + timedelta(days=2))
    )
    with pytest.raises(AssertionError):
        check_the_training_set_ignores_later_nights(filled)
