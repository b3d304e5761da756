"""Titles that are made by one call, one after another, are each still ordered when their turn comes."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from jobs.encode import run
from jobs.encode.order import Order, forget, place
from jobs.encode.taking_in import NotMade

if TYPE_CHECKING:
    from pathlib import Path

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
