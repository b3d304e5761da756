"""Titles that are made by one call, one after another, are each still ordered when their turn comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from jobs.encode import ingest_masters, run
from jobs.encode.assembly import key_ring
from jobs.encode.order import Order, forget, orders, place
from jobs.encode.taking_in import NotMade
from serving_export.titles.keys import WrongMasterKey

if TYPE_CHECKING:
    from lakehouse.tables import Lake


@pytest.mark.parametrize("meanwhile", ["erased", "ordered anew"])
def test_what_is_erased_or_ordered_anew_while_another_is_made_is_not_begun(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """One that was ordered and made meanwhile played as it was ordered before."""
    film = tmp_path / "film.mp4"
    film.touch()
    titles = [Order(name, str(film), "2026-01-10") for name in ("bikes", "cars", "dogs")]
    begun: list[str] = []

    def make_one(_: Lake, order: Order, _console: Console) -> None:
        begun.append(order.title_id)
        if order.title_id == "bikes" and meanwhile == "erased":
            forget(lake.settings, "cars")
        elif order.title_id == "bikes":
            place(lake.settings, replace(titles[1], target_vmaf=80.0))

    monkeypatch.setattr(run, "make_one", make_one)
    with pytest.raises(NotMade) as error:
        run.make(lake, titles, False, Console(file=StringIO()))
    assert begun == ["bikes", "dogs"]
    assert str(error.value) == (
        "Title cars was set aside. It was erased or ordered anew meanwhile."
    )


def test_a_wrong_master_key_is_told_before_anything_is_ordered_or_encoded(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was told when the title was to be packaged, after hours of encodes."""
    film = tmp_path / "film.mp4"
    film.touch()
    key_ring(lake.settings).keys_for("cars")
    monkeypatch.setenv("MARQUEE_TITLES_KEY", "ab" * 32)
    film_order = Order("bikes", str(film), "2026-01-10")
    with pytest.raises(WrongMasterKey):
        run.make(lake, [film_order], False, Console(file=StringIO()))
    assert orders(lake.settings) == []
    place(lake.settings, film_order)  # as it was before the key was lost
    with pytest.raises(WrongMasterKey):
        ingest_masters.main(lake, date(2026, 1, 10))
    assert not Path(lake.settings.masters).exists()
    place(lake.settings, replace(film_order, protect="none"))  # what needs no key is made
    ingest_masters.main(lake, date(2026, 1, 10))
    assert orders(lake.settings)[0].refused.startswith("film.mp4")
