"""An edge falls after several looks in a row and rises after several, so that one lost packet moves nobody."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_export.titles import health
from serving_export.titles.edge import serve_edge
from serving_export.titles.edges import Edge, Place
from serving_export.titles.health import FALLS_AFTER, RISES_AFTER, Health, Watch, answers
from serving_export.titles.shelf import Shelf
from tests.serving_export.titles.asking import SECRET

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a server that is well may take longer than a viewer would wait for."""
    monkeypatch.setattr(health, "SECONDS_TO_ANSWER", 60.0)


def after(*looks: bool, start: bool = True) -> list[bool]:
    """What an edge is held for after each look."""
    health, held = Health(start), []
    for answered in looks:
        health = health.seen(answered)
        held.append(health.up)
    return held


def test_it_takes_three_failures_to_fall_and_two_answers_to_rise() -> None:
    assert after(False, False, False, True, False, True, True) == [
        True, True, False, False, False, False, True,
    ]  # fmt: skip


def test_one_answer_in_between_counts_from_the_start() -> None:
    assert all(after(False, False, True, False, False, True))


@given(st.booleans(), st.lists(st.booleans(), max_size=30))
def test_what_an_edge_is_held_for_changes_only_after_as_many_looks_that_agree(
    start: bool, looks: list[bool]
) -> None:
    held = [start, *after(*looks, start=start)]
    for place, (before, now) in enumerate(pairwise(held)):
        if before != now:
            needed = RISES_AFTER if now else FALLS_AFTER
            assert looks[place - needed + 1 : place + 1] == [now] * needed


def test_a_watch_asks_real_servers(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, SECRET)
    with serve_edge(shelf, ()) as living:
        told = tuple(
            Edge(address, "here", Place(0, 0), healthy)
            for address, healthy in (
                (living, True),
                ("http://127.0.0.1:1", True),
                (f"{living}/", False),
            )
        )
        watch = Watch(lambda: told)
        assert [edge.healthy for edge in watch.edges()] == [
            True,
            True,
            False,
        ]  # nothing is known yet
        watch.look()

        # the first look counts at once; what the table calls sick stays so, whatever it answers
        assert [edge.healthy for edge in watch.edges()] == [True, False, False]
    for _ in range(FALLS_AFTER - 1):
        watch.look()
        assert watch.edges()[0].healthy
    watch.look()
    assert not watch.edges()[0].healthy


def test_an_edge_whose_disk_is_gone_is_not_well(tmp_path: Path) -> None:
    with serve_edge(Shelf(tmp_path / "gone", SECRET), ()) as address:
        assert not answers(address)
        (tmp_path / "gone").mkdir()
        assert answers(address)


def test_an_address_that_is_none_keeps_no_other_edge_from_being_asked(tmp_path: Path) -> None:
    # a table that was made by code and not read from a file may hold any
    with serve_edge(Shelf(tmp_path, SECRET), ()) as living:
        none = ("http://edge:80a", "http://a..b", "http://edge/ä", "http://[::1")
        told = tuple(Edge(address, "here", Place(0, 0), True) for address in (*none, living))
        watch = Watch(lambda: told)
        watch.look()
        assert [edge.healthy for edge in watch.edges()] == [*[False] * 4, True]


def test_a_watch_goes_on_after_a_look_that_failed_and_ends_with_its_block(tmp_path: Path) -> None:
    looked = [threading.Event() for _ in range(3)]

    def table() -> tuple[Edge, ...]:
        next(event for event in looked if not event.is_set()).set()
        raise RuntimeError("the table cannot be read")

    before = set(threading.enumerate())  # some of which may be about to end
    with Watch(table).running(seconds=0.01):
        assert looked[1].wait(60)
    assert set(threading.enumerate()) <= before
