"""Sampled titles are the same in every run, never watched, and half of them popular."""

from __future__ import annotations

import numpy as np

from features.negatives import NEGATIVES_A_WATCH, NEVER, Negatives, sample
from features.watches import Watches
from tests.features.log import events, random_log, us

TITLE_IDS = [f"t{n}" for n in range(12)]


def watches_of(log: object, profiles: tuple[str, ...] = ()) -> Watches:
    return Watches.of(log, TITLE_IDS, profiles)  # type: ignore[arg-type]


def always(watches: Watches) -> tuple[np.ndarray, np.ndarray]:
    size = len(watches.title_ids)
    return np.zeros(size, np.int64), np.full(size, NEVER)


def sampled(watches: Watches, seed: int = 1) -> Negatives:
    return sample(watches, watches.profiles, watches.happened, always(watches), seed)


def test_what_a_profile_watches_at_any_time_is_never_drawn() -> None:
    watches = watches_of(random_log(3, 60))
    drawn = sampled(watches)
    owner = watches.profiles[drawn.beside]
    pairs = owner.astype(np.int64) * len(watches.title_ids) + drawn.titles
    assert len(pairs)
    assert not np.isin(pairs, watches.pairs).any()


def test_titles_are_distinct_at_one_profile_and_time() -> None:
    # random logs share seconds, so places of several watches fall together
    watches = watches_of(random_log(3, 60))
    drawn = sampled(watches)
    keys = list(
        zip(
            watches.profiles[drawn.beside],
            watches.happened[drawn.beside],
            drawn.titles,
            strict=True,
        )
    )
    assert len(set(keys)) == len(keys)


def test_who_watched_all_but_one_gets_that_one_and_no_more() -> None:
    log = events(*(("p0", f"t{n}", "play", f"2026-01-{n + 1:02} 10:00") for n in range(11)))
    drawn = sampled(watches_of(log))
    titles = watches_of(log).title_ids
    assert {titles[code] for code in drawn.titles} == {"t11"}
    assert len(drawn.titles) <= 11


def test_the_draw_depends_on_the_seed_and_not_on_who_else_is_there() -> None:
    log = events(("p5", "t1", "play", "2026-01-05 10:00"), ("p5", "t2", "play", "2026-01-06 10:00"))
    alone, among = watches_of(log), watches_of(log, ("a", "p0", "z"))
    np.testing.assert_array_equal(sampled(alone).titles, sampled(among).titles)
    np.testing.assert_array_equal(sampled(alone).titles, sampled(alone).titles)
    assert any(list(sampled(alone, s).titles) != list(sampled(alone).titles) for s in (2, 3, 4))


def test_half_of_the_titles_are_as_popular_as_was_known_by_then() -> None:
    # ninety watches of t0 and ten of t1 before; t2 becomes a hit only afterwards
    before = [(f"q{n}", "t0" if n % 10 else "t1", "play", "2026-01-02 10:00") for n in range(100)]
    labels = [(f"p{n}", "t5", "play", "2026-01-03 10:00") for n in range(400)]
    after = [(f"r{n}", "t2", "play", "2026-01-04 10:00") for n in range(400)]
    watches = watches_of(events(*before, *labels, *after))
    own = np.flatnonzero(watches.happened == us("2026-01-03 10:00"))
    drawn = sample(watches, watches.profiles[own], watches.happened[own], always(watches), 1)
    counts = np.bincount(drawn.titles, minlength=12) / len(own)
    assert len(drawn.titles) == NEGATIVES_A_WATCH * len(own)
    # two places in four draw evenly from the eleven unwatched: 0.18 each. Of the other two, most
    # fall on t0 first, and as titles are distinct the other place falls on t1 or goes on drawing
    assert counts[watches.title_ids.index("t0")] > 0.8
    assert counts[watches.title_ids.index("t2")] < 0.4


def test_only_titles_available_at_the_time_are_drawn() -> None:
    watches = watches_of(random_log(3, 60))
    start, stop = always(watches)
    start[:6], stop[6:9] = us("2026-02-01"), us("2026-01-20")
    start[11] = NEVER  # not in the catalogue
    drawn = sample(watches, watches.profiles, watches.happened, (start, stop), 1)
    when = watches.happened[drawn.beside]
    assert (start[drawn.titles] <= when).all()
    assert (when < stop[drawn.titles]).all()
    assert len(drawn.titles) > 50


def test_an_empty_catalogue_gives_nothing() -> None:
    watches = watches_of(random_log(3, 20))
    never = np.full(len(watches.title_ids), NEVER)
    assert not len(sample(watches, watches.profiles, watches.happened, (never, never), 1).titles)
