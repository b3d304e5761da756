"""A viewer is sent to the nearest edge that works, and to the origin where there is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_export.titles.edges import BadEdges, Edge, Place, best, distance_km, read_edges

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

LONDON, PARIS, TOKYO = Place(51.5, -0.1), Place(48.9, 2.4), Place(35.7, 139.7)
places = st.builds(Place, st.floats(-90, 90), st.floats(-180, 180))
urls = st.sampled_from([f"https://edge{number}" for number in range(9)])
edges = st.builds(
    Edge, urls, st.just("region"), places, st.booleans(), st.none() | st.floats(0.1, 500)
)


def edge(name: str, place: Place, *, healthy: bool = True, latency: float | None = None) -> Edge:
    return Edge(f"https://{name}", name, place, healthy, latency)


def test_the_nearest_edge_serves() -> None:
    table = [edge("tokyo", TOKYO), edge("paris", PARIS)]

    assert best(table, LONDON, "https://origin") == "https://paris"


def test_a_sick_edge_is_passed_over() -> None:
    table = [edge("tokyo", TOKYO), edge("paris", PARIS, healthy=False)]

    assert best(table, LONDON, "https://origin") == "https://tokyo"


def test_the_origin_serves_where_no_edge_can() -> None:
    sick = [edge("paris", PARIS, healthy=False)]

    assert best(sick, LONDON, "https://origin") == "https://origin"
    assert best([], LONDON, "https://origin") == "https://origin"
    assert best([edge("paris", PARIS)], None, "https://origin") == "https://origin"


def test_what_was_measured_outweighs_distance() -> None:
    # Paris is 339 km away: at least 3.4 ms, which a measured 3 ms beats and 4 ms does not
    near = edge("paris", PARIS)

    assert best([near, edge("tokyo", TOKYO, latency=3)], LONDON, "") == "https://tokyo"
    assert best([near, edge("tokyo", TOKYO, latency=4)], LONDON, "") == "https://paris"


def test_distances_are_those_of_the_globe() -> None:
    # 2.6 degrees are 289 km north, 2.5 degrees at 50.2 north 178 km east: 339 km
    assert distance_km(LONDON, PARIS) == pytest.approx(339, abs=1)
    assert distance_km(Place(0, 179), Place(0, -179)) == pytest.approx(222, abs=1)  # over the line
    assert distance_km(Place(90, 0), Place(-90, 50)) == pytest.approx(20015, abs=1)


@given(places, places)
def test_distance_is_the_same_both_ways_and_bounded(here: Place, there: Place) -> None:
    assert distance_km(here, there) == pytest.approx(distance_km(there, here), abs=1e-6)
    assert 0 <= distance_km(here, there) <= 20016


@given(st.lists(edges, max_size=6), places, st.randoms())
def test_the_choice_is_healthy_and_does_not_hang_on_the_order(
    table: list[Edge], viewer: Place, chance: Random
) -> None:
    chosen = best(table, viewer, "https://origin")
    shuffled = sorted(table, key=lambda _: chance.random())

    assert best(shuffled, viewer, "https://origin") == chosen
    healthy = {one.base_url for one in table if one.healthy}
    assert chosen in (healthy or {"https://origin"})


def test_a_table_is_read(tmp_path: Path) -> None:
    row = {
        "base_url": "https://e1/",
        "region": "eu",
        "latitude": 51,
        "longitude": 0,
        "healthy": True,
    }
    (tmp_path / "edges.json").write_text(json.dumps([row]))

    assert read_edges(tmp_path / "edges.json") == (Edge("https://e1", "eu", Place(51, 0), True),)


@pytest.mark.parametrize(
    "change",
    [
        {"base_url": "javascript:1"},
        {"base_url": "https://e1; script-src *"},  # it stands in the page's policy
        {"latitude": 91},
        {"longitude": "0"},
        {"healthy": "no"},
        {"colour": "red"},
    ],
)
def test_a_wrong_row_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    row = {"base_url": "https://e1", "region": "eu", "latitude": 1, "longitude": 2, "healthy": True}
    (tmp_path / "edges.json").write_text(json.dumps([row | change]))

    with pytest.raises(BadEdges, match=r"edges\.json is not a list of edges"):
        read_edges(tmp_path / "edges.json")


@pytest.mark.parametrize("text", ["", "{}", "[1]", "null", '[{"base_url": "https://e1"}]'])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "edges.json").write_text(text)

    with pytest.raises(BadEdges):
        read_edges(tmp_path / "edges.json")
