"""All contenders play by the same rules: what no page may show is in nobody's list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from jobs.training.judging import METRIC, contenders, funnel_values, judgement
from jobs.training.snapshot import Snapshot, World
from lakehouse.catalog import EVENTS, PROFILES, TITLES
from models.ranker.calibration import Line
from models.ranker.encoding import Encoding, Number
from models.ranker.ranker import Ranker

CUT = datetime(2026, 1, 10, tzinfo=UTC)
TITLE_IDS = [f"t{n}" for n in range(8)]
GONE, FOREIGN, WATCHED = "t0", "t1", "t2"


@pytest.fixture
def worlds(rows) -> tuple[World, World]:
    """Everyone watched the same popular titles; the first has left, the second is of another region."""
    draws = np.random.default_rng(4)
    events = []
    for profile in range(12):
        liked = [GONE, FOREIGN, WATCHED, *draws.choice(TITLE_IDS[3:], 2, replace=False)]
        for place, title in enumerate(liked if profile else [WATCHED, "t3"]):
            events.append((f"p{profile}", title, CUT - timedelta(days=5 - place, hours=profile)))
    later = [("p0", GONE), ("p0", "t4"), ("p1", "t7"), ("p1", "t6")]
    events += [(profile, title, CUT + timedelta(days=1)) for profile, title in later]
    told = [
        {"event_id": str(n), "type": "complete", "profile_id": profile, "title_id": title,
         "event_time": at, "known_time": at}
        for n, (profile, title, at) in enumerate(events)
    ]  # fmt: skip
    titles = [
        {"title_id": one, "genres": ["War"], "regions": ["NL"] if one == FOREIGN else ["DE", "NL"]}
        for one in TITLE_IDS
        if one != GONE
    ]
    profiles = [{"profile_id": f"p{profile}", "region": "DE"} for profile in range(12)]
    world = World.of(rows(EVENTS, *told), rows(PROFILES, *profiles), rows(TITLES, *titles))
    return world.split(int(CUT.timestamp() * 1e6))


@pytest.fixture
def least_watched() -> Ranker:
    """Puts titles with the most watchers last: nobody's favourite, so lists differ from popularity."""
    encoding = Encoding([Number("watchers", False, 0.0, 1.0, False)], [])
    layers = {"bottom": np.zeros((1, 1), np.float32), "bottom_shift": np.zeros(1, np.float32),
              "heads": np.zeros((1, 1), np.float32), "wide": -np.ones((1, 1), np.float32),
              "shift": np.zeros(1, np.float32)}  # fmt: skip
    return Ranker(encoding, layers, {"watched": Line(1.0, 0.0)}, ["watchers"], {})


def test_nobody_lists_what_no_page_may_show(worlds, least_watched):
    known, _ = worlds
    snapshot = Snapshot.of(known, int(CUT.timestamp() * 1e6), None)
    ids = np.array([*snapshot.histories.title_ids, "nothing"])
    lists = dict(contenders(snapshot, least_watched, 8))
    assert list(lists) == ["popularity", "ease", "transitions", "funnel"]
    for name, codes in lists.items():
        own = ids[codes[snapshot.histories.profile_ids.index("p0")]]
        # of the eight, one has left, one is of another region and two were watched
        assert set(own) == {"t4", "t5", "t6", "t7", "nothing"}, name
        assert (own[4:] == "nothing").all()


def test_each_contender_is_judged_by_what_was_watched_later_and_could_be_found(
    worlds, least_watched
):
    known, later = worlds
    snapshot = Snapshot.of(known, int(CUT.timestamp() * 1e6), None)
    found = judgement(snapshot, later, least_watched)
    judged = {name: np.flatnonzero(~np.isnan(values)) for name, values in found.values.items()}
    places = [snapshot.histories.profile_ids.index(one) for one in ("p0", "p1")]
    assert {name: list(own) for name, own in judged.items()} == dict.fromkeys(judged, places)
    np.testing.assert_array_equal(
        found.values["funnel"], funnel_values(snapshot, later, least_watched)
    )
    assert found.lists["funnel"].by_name((10, 20))[METRIC][places].max() > 0
