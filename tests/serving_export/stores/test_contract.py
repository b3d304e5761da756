"""Both stores keep one contract: what is put comes back, a board moves whole, nothing else does."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from serving_export.errors import BadPlace, BoardMoved, StoreFailed, VersionInUse
from serving_export.stores.board import Board, Entry, State
from serving_export.stores.store import open_store
from tests.serving_export import made

if TYPE_CHECKING:
    from serving_export.stores.store import Store

RECORDS = [(b"m/0000", b"part"), (b"p1", b"\x00\xff" * 300), (b"p\xc3\xa4/..", b"x"), (b"r", b"z")]


def entry(version: str, state: State = State.LIVE) -> Entry:
    return Entry(version, state, "2026-01-10", "0" * 32)


def live(store: Store, version: str) -> None:
    store.post(store.board().with_entry(entry(version)))


def test_what_is_put_comes_back(store: Store) -> None:
    # two batches, bytes that are no text, a key with slashes and dots
    with store.publishing():
        store.put("v1", [RECORDS[:2], RECORDS[2:]])
    assert sorted(store.scan("v1")) == RECORDS
    assert store.source("v1")([b"p1", b"p2", b"r"]) == {b"p1": RECORDS[1][1], b"r": b"z"}
    assert store.source("v1")([b"p1"]) == {b"p1": RECORDS[1][1]}


def test_versions_do_not_mix(store: Store) -> None:
    with store.publishing():
        store.put("v1", [[(b"p1", b"one"), (b"p2", b"only here")]])
        store.put("v1-2", [[(b"p1", b"two")]])
    assert sorted(store.scan("v1")) == [(b"p1", b"one"), (b"p2", b"only here")]
    assert store.source("v1-2")([b"p1", b"p2"]) == {b"p1": b"two"}
    store.drop("v1-2")
    assert store.source("v1")([b"p1"]) == {b"p1": b"one"}


def test_more_keys_than_one_request_takes(store: Store) -> None:
    # DynamoDB writes 25 and reads 100 at a time
    records = [(f"p{number:04d}".encode(), str(number).encode()) for number in range(260)]
    with store.publishing():
        store.put("v1", [records])
    assert store.source("v1")([key for key, _ in records]) == dict(records)
    assert sorted(store.scan("v1")) == records


def test_a_record_as_large_as_a_part(store: Store) -> None:
    # the largest that is ever written; DynamoDB refuses 400 KB
    with store.publishing():
        store.put("v1", [[(b"m/0000", large := os.urandom(300_004))]])
    assert store.source("v1")([b"m/0000"]) == {b"m/0000": large}


def test_putting_again_leaves_nothing_doubled(store: Store) -> None:
    # what a killed writer left is written over
    with store.publishing():
        store.put("v1", [RECORDS[:2]])
        store.put("v1", [RECORDS])
    assert sorted(store.scan("v1")) == RECORDS


def test_an_empty_place_has_an_empty_board(store: Store) -> None:
    assert store.board() == Board()
    assert store.board().live is None


@pytest.mark.parametrize("state", [State.LIVE, State.BACKUP])
def test_a_version_that_readers_may_hold_is_never_written_over(store: Store, state: State) -> None:
    with store.publishing():
        store.put("v1", [RECORDS])
        store.post(store.board().with_entry(entry("v1", state)))
        with pytest.raises(VersionInUse, match=f"v1 is {state}"):
            store.put("v1", [RECORDS[:1]])
    assert sorted(store.scan("v1")) == RECORDS


def test_a_board_comes_back_whole(store: Store, place: str) -> None:
    said = Entry(
        "v1", State.QUARANTINED, "2026-01-10", "f" * 32, pages=3, page_bytes=5, records=8,
        checksum=2**60, staged_at=1.25, published_at=2.5, expires_at=3.75, reason='"quoted"',
    )  # fmt: skip
    with store.publishing():
        store.post(store.board().with_entry(said))
    assert open_store(place).board() == Board(1, (said,))


def test_a_board_that_moved_is_not_overwritten(store: Store, place: str) -> None:
    # two publishers read revision 1; the second to post must lose, or a version vanishes
    with store.publishing():
        live(store, "v1")
    ours, theirs = store.board(), open_store(place).board()
    open_store(place).post(theirs.with_entry(entry("v2", State.STAGED)))
    with pytest.raises(BoardMoved):
        store.post(ours.with_entry(entry("v3", State.STAGED)))
    assert [found.version for found in store.board().entries] == ["v1", "v2"]


def test_of_many_who_post_at_once_one_wins(store: Store, place: str) -> None:
    with store.publishing():
        live(store, "v0")
    seen = store.board()

    def post(number: int) -> bool:
        try:
            open_store(place).post(seen.with_entry(entry(f"v{number}", State.STAGED)))
        except BoardMoved:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(post, range(1, 9)))
    assert won.count(True) == 1
    assert len(store.board().entries) == 2


def test_a_reader_notices_a_new_board(
    store: Store, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the tick of a table is a clock: two seconds must not be waited for here
    monkeypatch.setattr("serving_export.stores.dynamodb_store.BOARD_SECONDS", 1e-9)
    with store.publishing():
        live(store, "v1")
    reader = open_store(place)
    ticks = [reader.tick()]
    for version in ("v2", "v3"):
        live(store, version)
        ticks.append(reader.tick())
    assert len(set(ticks)) == 3


def test_a_dropped_version_is_gone_and_dropping_again_is_no_error(store: Store) -> None:
    with store.publishing():
        store.put("v1", [RECORDS])
    store.drop("v1")
    store.drop("v1")
    assert made.held(store, "v1") == []


@pytest.mark.parametrize("place", ["", "redis://pages", "dynamodb://"])
def test_an_address_that_names_no_store_is_refused(place: str) -> None:
    with pytest.raises(BadPlace, match="names no store"):
        open_store(place)


@pytest.mark.service
def test_a_table_that_does_not_answer_fails_in_one_sentence(
    dynamodb: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a port where nothing listens
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    with pytest.raises(StoreFailed, match="The store dynamodb://pages failed"):
        open_store("dynamodb://pages", patient=False).board()
