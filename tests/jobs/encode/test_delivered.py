"""What was delivered for a title goes with its erasure, whatever became of the orders that named it, and
stays where another title needs it, be it only just being taken in."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from jobs.encode import delivered, taking_in, undoing
from jobs.encode.ingest_masters import main as ingest
from jobs.encode.masters import store_of
from jobs.encode.order import NotOrdered, Order, erasures, forget, ordered, orders, place
from jobs.encode.receipt import BrokenReceipt
from jobs.encode.taking_in import NotMade, taken_in
from jobs.encode.tools import ToolFailed
from jobs.encode.tracks import look
from lakehouse.catalog import MASTERS
from tests.jobs.encode.made_night import NIGHT

if TYPE_CHECKING:
    from pathlib import Path

    from jobs.encode.production import Production
    from lakehouse.tables import Lake
    from tests.jobs.encode.conftest import Film


def erase(lake: Lake, title_id: str) -> None:
    undoing.erase(lake, title_id, Console(file=StringIO()))


def order_of(lake: Lake, file: Path, title_id: str = "bikes") -> Order:
    order = Order(title_id, str(file), str(NIGHT))
    place(lake.settings, order)
    return order


def kept(lake: Lake) -> list[str]:
    """The names of what is kept of masters, and of halves of them."""
    return sorted(file.name for file in store_of(lake.settings).folder.glob("*.*"))


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A file that is no film, so that its title is refused."""
    file = tmp_path / "notes.mp4"
    file.write_text("no film either")
    return file


def test_a_refused_master_goes_with_its_title_though_another_was_ordered_since(
    lake: Lake, text: Path, film: Film
) -> None:
    assert taken_in(lake.settings, order_of(lake, text)).refused
    assert not taken_in(lake.settings, order_of(lake, film.path)).refused
    assert len(kept(lake)) == 2
    erase(lake, "bikes")
    assert kept(lake) == []
    assert not delivered.ledger(lake.settings, "bikes").exists()


@pytest.mark.parametrize(
    ("at", "files"), [("delivered.write_json", 0), ("masters._moved", 1), ("taking_in.look", 1)]
)
def test_a_file_goes_that_was_kept_by_who_was_killed_before_the_order_named_it(
    lake: Lake, film: Film, monkeypatch: pytest.MonkeyPatch, at: str, files: int
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    order = order_of(lake, film.path)
    with monkeypatch.context() as patch:
        patch.setattr(f"jobs.encode.{at}", killed)
        with pytest.raises(KeyboardInterrupt):
            taken_in(lake.settings, order)
    assert (ordered(lake.settings, "bikes"), len(kept(lake))) == (order, files)
    erase(lake, "bikes")
    assert kept(lake) == []


def test_a_file_that_another_title_is_just_taking_in_stays(
    lake: Lake, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its order names nothing until all of it was looked at, for hours of a film."""
    taken_in(lake.settings, order_of(lake, film.path))

    def look_during_an_erasure(production: Production) -> None:
        erase(lake, "bikes")
        look(production)

    monkeypatch.setattr(taking_in, "look", look_during_an_erasure)
    assert not taken_in(lake.settings, order_of(lake, film.path, "cars")).refused
    assert len(kept(lake)) == 1
    erase(lake, "cars")
    assert kept(lake) == []


def test_a_title_that_is_erased_while_it_is_taken_in_leaves_no_file(
    lake: Lake, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_of(lake, film.path)

    def look_and_be_erased(production: Production) -> None:
        look(production)
        forget(lake.settings, "bikes")

    monkeypatch.setattr(taking_in, "look", look_and_be_erased)
    ingest(lake, NIGHT)
    assert (kept(lake), orders(lake.settings)) == ([], [])
    assert not lake.settings.at("titles", "work", "bikes").exists()  # it had been scanned
    (row,) = lake.arrow(MASTERS, NIGHT).to_pylist()
    assert row["reason"] == taking_in.ERASED
    with pytest.raises(NotOrdered):
        erase(lake, "bikes")


def test_a_title_that_is_erased_while_it_is_refused_is_said_to_be_erased(
    lake: Lake, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That its order is kept was said of one that was there no more."""

    def erased_and_refused(_: Production) -> None:
        forget(lake.settings, "bikes")
        raise ToolFailed("ffmpeg", 1, "No such file or directory")

    monkeypatch.setattr(taking_in, "look", erased_and_refused)
    why = taken_in(lake.settings, order_of(lake, text)).refused
    assert str(NotMade({"bikes": why})) == f"Title bikes was set aside. {taking_in.ERASED}"


def test_what_a_task_left_of_an_erased_title_is_erased_by_the_same_call(lake: Lake) -> None:
    """A task that encoded it meanwhile puts its file there, and the title was not known any more."""
    work = lake.settings.at("titles", "work", "bikes")
    work.mkdir(parents=True)
    (work / "video-0.mp4").write_text("a picture")
    erase(lake, "bikes")
    assert not work.exists()


def damaged(lake: Lake, title_id: str) -> None:
    """A version whose receipt cannot be read."""
    folder = lake.settings.at("titles", "published", title_id, "0" * 16)
    folder.mkdir(parents=True)
    (folder / "receipt.json").write_text("{")


def test_a_title_is_erased_though_its_own_receipt_is_damaged(lake: Lake, film: Film) -> None:
    taken_in(lake.settings, order_of(lake, film.path))
    damaged(lake, "bikes")
    told = delivered.ledger(lake.settings, "bikes").read_text()
    delivered.ledger(lake.settings, "bikes").unlink()
    with pytest.raises(BrokenReceipt):  # nothing else may tell of all that was delivered
        erase(lake, "bikes")
    delivered.ledger(lake.settings, "bikes").write_text(told)
    erase(lake, "bikes")
    assert kept(lake) == []
    assert not lake.settings.at("titles", "published", "bikes").exists()


def test_nothing_goes_while_a_receipt_of_another_title_is_damaged(lake: Lake, film: Film) -> None:
    """It may have been made of the same file."""
    taken_in(lake.settings, order_of(lake, film.path))
    damaged(lake, "cars")
    delivered.note(lake.settings, "cars", "0" * 64)
    with pytest.raises(BrokenReceipt):
        erase(lake, "bikes")
    assert len(kept(lake)) == 1


@pytest.mark.slow
def test_what_was_taken_in_before_there_were_ledgers_goes_too(spoilt: Lake) -> None:
    """Its receipts tell of it, and its order, a later one here."""
    order = ordered(spoilt.settings, "clip")
    delivered.ledger(spoilt.settings, "clip").unlink()
    place(spoilt.settings, replace(order, master_sha256="", captions=()))
    erase(spoilt, "clip")
    assert [name for name in kept(spoilt) if name.startswith(order.master_sha256)] == []


@pytest.mark.slow
def test_an_erasure_that_was_killed_takes_what_was_ordered_since(
    spoilt: Lake, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(undoing, "_log", killed)
        with pytest.raises(KeyboardInterrupt):
            erase(spoilt, "clip")
    before = kept(spoilt)
    again = taken_in(spoilt.settings, order_of(spoilt, text, "clip"))
    place(spoilt.settings, replace(again, refused=""))
    delivered.ledger(spoilt.settings, "clip").unlink()  # as of an order before there were ledgers
    erase(spoilt, "clip")
    assert kept(spoilt) == before
    assert again.master_sha256 in erasures(spoilt.settings).read_text()
