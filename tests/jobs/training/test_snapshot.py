"""A snapshot proposes what the night's own funnel would have proposed: the gate judges what goes live."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from features.watches import known_events, microseconds, midnight_after
from jobs.evaluate.interactions import Interactions
from jobs.evaluate.world import world_of
from jobs.recommend.inputs import policy_of, read_inputs
from jobs.recommend.policy import FILTERS, SOURCES
from jobs.training.snapshot import Rules, Snapshot, World
from lakehouse.catalog import CO_WATCHES, EVENTS, PROFILES, TITLES, TRANSITIONS

NIGHT = date(2026, 1, 10)
NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
END = microseconds(midnight_after(NIGHT))
PROFILE_IDS = [f"p{n}" for n in range(6)]
TITLE_IDS = [f"t{n:02}" for n in range(12)]


@pytest.fixture
def small_lake(lake, rows):
    """Six profiles and twelve titles; t09 is of another region, t10 too old for p0, t11 leaves soon."""
    titles = [{"title_id": one, "name": one, "genres": ["War" if n % 2 else "Film-Noir"],
               "year": 2026 if n in (6, 7) else 1990 + n, "maturity": 18 if n == 10 else 6,
               "regions": ["NL"] if n == 9 else ["DE", "NL"],
               "available_until": NOON + timedelta(days=1 if n == 11 else 100)}
              for n, one in enumerate(TITLE_IDS)]  # fmt: skip
    lake.write(TITLES, rows(TITLES, *titles), NIGHT)
    profiles = [{"profile_id": one, "region": "DE", "maturity_limit": 12} for one in PROFILE_IDS]
    lake.write(PROFILES, rows(PROFILES, *profiles), NIGHT)
    draws = np.random.default_rng(1)
    events = []
    for place, profile in enumerate(PROFILE_IDS[:5]):  # the sixth watched nothing
        for step, title in enumerate(draws.choice(6, 3, replace=False)):
            said = {
                "profile_id": profile, "title_id": TITLE_IDS[title],
                "event_time": NOON - timedelta(days=step, hours=place),
                "known_time": NOON - timedelta(days=step, hours=place),
            }  # fmt: skip
            opinion = "like" if (place + step) % 2 else "dislike"
            events += [
                {"event_id": f"{kind}{place}{step}", "type": kind, **said}
                for kind in ("play", opinion)
            ]
    lake.write(EVENTS, rows(EVENTS, *events), NIGHT)
    return lake


def at_the_end(lake):
    """The moment at which a snapshot and the night know the same."""
    tables = lake.arrow(PROFILES, NIGHT), lake.arrow(TITLES, NIGHT)
    rules = Rules(policy_of(lake.settings), lake.settings.page_lifetime_hours)
    return Snapshot.of(World.of(known_events(lake, NIGHT), *tables), END, None, rules)


def write_pairs(lake, rows, snapshot):
    """What `features.build_title_pairs` would write of these events."""
    for table, matrix in (
        (CO_WATCHES, snapshot.knowledge.night.alike),
        (TRANSITIONS, snapshot.knowledge.night.follows),
    ):
        pairs = np.asarray(matrix.todense()) if hasattr(matrix, "todense") else np.asarray(matrix)
        first, second = table.one_row_per[:2]
        said = [{first: TITLE_IDS[a], second: TITLE_IDS[b], "score": float(pairs[a, b])}
                for a, b in zip(*np.nonzero(pairs), strict=True)]  # fmt: skip
        lake.write(table, rows(table, *said), NIGHT)


def test_a_snapshot_at_the_end_of_a_night_proposes_what_the_night_proposes(small_lake, rows):
    snapshot = at_the_end(small_lake)
    write_pairs(small_lake, rows, snapshot)
    everyone = slice(0, len(PROFILE_IDS))
    ours = snapshot.funnel.candidates(everyone)
    nights = read_inputs(small_lake, NIGHT).funnel(None).candidates(everyone)
    assert ours.codes.tolist() == nights.codes.tolist()
    assert ours.bits.tolist() == nights.bits.tolist()
    assert ours.removed.tolist() == nights.removed.tolist()
    # region, maturity and availability had one title each to remove
    removed = dict(zip(FILTERS, ours.removed.tolist(), strict=True))
    assert min(removed["region"], removed["maturity"], removed["availability"]) > 0


@pytest.mark.parametrize("source", ["content", "new"])
def test_titles_that_nobody_watched_are_proposed_in_the_gate_too(small_lake, source):
    # only attributes tell of them: without a catalogue the gate judged another funnel
    funnel = at_the_end(small_lake).funnel
    found = funnel.candidates(slice(0, 1))
    of_source = found.codes[(found.bits & (1 << SOURCES.index(source))) > 0]
    assert (funnel.histories.titles != of_source[:, None]).all(axis=1).any()


def test_histories_without_attributes_have_a_snapshot_too():
    # `marquee evaluate` knows ids, times and perhaps ratings
    every = Interactions.of(
        ["a", "a", "b", "b"], ["x", "y", "x", "z"], [1.0, 2.0, 3.0, 4.0],
        np.array([5.0, 1.0, 4.0, 3.0]),
    )  # fmt: skip
    world = world_of(every)
    snapshot = Snapshot.of(world, int(world.moments.max()) + 1, None)
    found = snapshot.funnel.candidates(slice(0, 2))
    assert found.codes[0][found.codes[0] >= 0].tolist() == [2]
    assert not found.removed[1:].any()
