"""Readers in processes of their own hammer a place while versions are swapped and rolled back."""

from __future__ import annotations

import multiprocessing
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving_export.publish import Terms, publish
from serving_export.reader import Level, Pages
from serving_export.stores.store import open_store
from serving_export.versions import rollback
from tests.serving_export import made

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.synchronize import Event

    import pytest

READERS = 3
PAGES = 60
LEAST_READS = 20
TERMS = Terms(lifetime_seconds=3600.0, kept_versions=2)


def night(number: int) -> Any:
    """All pages of night n begin with title t<n>, of a catalogue of other codes than the last."""
    pages = made.everyone(PAGES, f"t{number}")
    titles = made.titles(10 + number)
    return made.night(pages, day=made.NIGHT + timedelta(days=number), titles=titles)


def hammer(variables: dict[str, str], place: str, end: Event, said: Connection) -> None:
    """Read without pause and say each change of night; every answer must be a whole page of one
    version. The store is patient: of a busy table a reader gets the last page file after a second."""
    os.environ.update(variables)
    from serving_export.stores import dynamodb_store

    dynamodb_store.BOARD_SECONDS = 0.05
    pages = Pages(open_store(place), Path(os.devnull))
    wrong, reads, last = [], 0, -1
    while reads <= LEAST_READS or not end.is_set():
        number = reads * 7919 % PAGES
        asked = [f"p{number:05d}", f"p{(number + 1) % PAGES:05d}"]
        answers = pages.get_many(asked) if reads % 5 == 0 else [pages.get(asked[0])]
        for answer in answers:
            day = (answer.page.night - made.NIGHT).days
            shown = [sorted(row.title_ids) for row in answer.page.rows]
            if answer.level != Level.OWN or shown != [sorted((f"t{day}", "t8", "t9"))]:
                wrong.append((answer.level, day, shown, answer.skipped))
            if day != last:
                said.send(day)
                last = day
        if len({answer.page.version for answer in answers}) != 1:
            wrong.append(("mixed", [answer.page.version for answer in answers]))
        reads += 1
    said.send(wrong[:5])


def next_of(ours: Connection) -> Any:
    """What a reader says next; fails where it says nothing."""
    assert ours.poll(60)
    return ours.recv()


def test_readers_see_the_old_or_the_new_page_and_never_anything_else(
    new_place: Callable[[], str],
) -> None:
    place = new_place()
    store = open_store(place)
    publish(store, night(0), TERMS)
    context = multiprocessing.get_context("spawn")
    end, readers = context.Event(), []
    for _ in range(READERS):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=hammer, args=(dict(os.environ), place, end, theirs))
        process.start()
        readers.append((process, ours))
    assert [next_of(ours) for _, ours in readers] == [0] * READERS
    for number in range(1, 5):
        publish(store, night(number), TERMS)  # the fourth prunes what the first readers held
        assert [next_of(ours) for _, ours in readers] == [number] * READERS
    rollback(store)
    assert [next_of(ours) for _, ours in readers] == [3] * READERS
    end.set()
    for process, ours in readers:
        assert next_of(ours) == []
        process.join()


def test_threads_share_one_reader(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    store = open_store(str(tmp_path))
    publish(store, night(0), TERMS)
    pages = Pages.open(str(tmp_path))

    def read(number: int) -> bool:
        answer = pages.get(f"p{number % PAGES:05d}")
        day = (answer.page.night - made.NIGHT).days
        return answer.page.rows[0].title_ids[0] == f"t{day}"

    with ThreadPoolExecutor(8) as pool:
        found = pool.map(read, range(4000))
        for number in range(1, 4):
            publish(store, night(number), TERMS)
        assert all(found)


def test_a_swap_moves_no_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # what readers wait for is one post of the board, however large the version
    store = open_store(str(tmp_path))
    publish(store, night(0), TERMS)
    publish(store, night(1), TERMS)
    for moving in ("put", "scan", "drop"):
        monkeypatch.setattr(store, moving, None)
    assert rollback(store).night == made.NIGHT.isoformat()
