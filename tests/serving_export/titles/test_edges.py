"""A viewer is sent to the nearest edge that works, to the next where it fails, to the origin last."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.settings import BadSetting
from serving_export.titles.edges import (
    BadEdges,
    Edge,
    Place,
    Table,
    distance_km,
    place_of,
    ranked,
    read_edges,
)

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

    assert ranked(table, LONDON, "https://origin") == [
        "https://paris",
        "https://tokyo",
        "https://origin",
    ]


def test_a_sick_edge_is_passed_over() -> None:
    table = [edge("tokyo", TOKYO), edge("paris", PARIS, healthy=False)]

    assert ranked(table, LONDON, "https://origin") == ["https://tokyo", "https://origin"]


def test_the_origin_serves_where_no_edge_can() -> None:
    sick = [edge("paris", PARIS, healthy=False)]

    assert ranked(sick, LONDON, "https://origin") == ["https://origin"]
    assert ranked([], LONDON, "https://origin") == ["https://origin"]
    assert ranked([edge("paris", PARIS)], None, "https://origin") == ["https://origin"]


def test_what_was_measured_outweighs_distance() -> None:
    # Paris is 339 km away: at least 3.4 ms, which a measured 3 ms beats and 4 ms does not
    near = edge("paris", PARIS)

    assert ranked([near, edge("tokyo", TOKYO, latency=3)], LONDON, "")[0] == "https://tokyo"
    assert ranked([near, edge("tokyo", TOKYO, latency=4)], LONDON, "")[0] == "https://paris"


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
    chosen = ranked(table, viewer, "https://origin")
    shuffled = sorted(table, key=lambda _: chance.random())

    assert ranked(shuffled, viewer, "https://origin") == chosen
    assert set(chosen[:-1]) == {one.base_url for one in table if one.healthy}
    assert chosen[-1] == "https://origin"


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
        {"base_url": "https://e1; script-src *"},
        {"base_url": "http://edge:80a"},
        {"base_url": "http://a..b"},
        {"base_url": "http://[::1"},
        {"base_url": "http://"},
        {"base_url": 5},
        {"latency_ms": "12"},
        {"latency_ms": -1},
        {"latency_ms": float("nan")},
        {"latency_ms": float("inf")},
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


def test_addresses_of_all_kinds_are_taken(tmp_path: Path) -> None:
    row = {"region": "eu", "latitude": 1, "longitude": 2, "healthy": True, "latency_ms": 0}
    addresses = (
        "https://e1:8443",
        "http://[::1]:80",
        "http://10.0.0.1/titles",
        "https://kölle.example",
    )
    rows = [row | {"base_url": address} for address in addresses]
    (tmp_path / "edges.json").write_text(json.dumps(rows))
    assert tuple(one.base_url for one in read_edges(tmp_path / "edges.json")) == addresses


@pytest.mark.parametrize("text", ["", "{}", "[1]", "null", '[{"base_url": "https://e1"}]'])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "edges.json").write_text(text)

    with pytest.raises(BadEdges):
        read_edges(tmp_path / "edges.json")


def write(file: Path, *names: str) -> None:
    """A table with these edges, put into place whole, as a monitor should."""
    rows = [
        {
            "base_url": f"https://{name}",
            "region": name,
            "latitude": 1,
            "longitude": 2,
            "healthy": True,
        }
        for name in names
    ]
    part = file.with_suffix(".part")
    part.write_text(json.dumps(rows))
    part.replace(file)


def test_a_table_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "edges.json"
    table = Table(file)
    assert table.edges() == ()

    write(file, "e1")
    assert [one.region for one in table.edges()] == ["e1"]
    write(file, "e2")  # as long as the first, so that size alone does not tell
    assert [one.region for one in table.edges()] == ["e2"]
    file.unlink()
    assert table.edges() == ()


def test_a_table_that_breaks_while_it_is_used_is_said_and_the_one_before_stands(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "edges.json"
    file.write_text("[")
    with pytest.raises(BadEdges):
        Table(file).edges()
    write(file, "e1")
    table = Table(file)
    before = table.edges()
    file.write_text("[")

    with caplog.at_level(logging.WARNING):
        assert (table.edges(), table.edges()) == (before, before)
    assert caplog.text.count("was not used") == 1


def test_a_broken_table_that_comes_later_stops_no_server(tmp_path: Path) -> None:
    # a server that began without one is asked for its edges with each answer
    table = Table(tmp_path / "edges.json")
    assert table.edges() == ()
    (tmp_path / "edges.json").write_text("[")
    assert table.edges() == ()


def test_an_unchanged_table_is_not_read_again(tmp_path: Path) -> None:
    # it is asked for at every session
    file = tmp_path / "edges.json"
    write(file, "e1")
    table = Table(file)
    before, facts = table.edges(), file.stat()
    file.write_text(file.read_text().replace("e1", "e2"))
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))

    assert table.edges() == before


def test_a_viewer_is_at_a_place_or_in_a_region() -> None:
    table = [edge("tokyo", TOKYO), edge("paris", PARIS)]

    assert place_of("", table) is None
    assert place_of("51.5, -0.1", table) == LONDON
    assert place_of("paris", table) == PARIS
    for wrong in ("91,0", "0,181", "atlantis", "1,2,3", "nan,0"):
        with pytest.raises(BadSetting, match="neither a place on Earth nor a region"):
            place_of(wrong, table)
