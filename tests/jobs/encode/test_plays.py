"""Which titles get a CRF a shot is decided once, by the plays that the lake knows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from jobs.encode import ingest_masters, plays, rows
from jobs.encode.masters import store_of
from jobs.encode.order import Order, forget, ordered, orders, place
from jobs.encode.plays import decided, monthly_plays
from jobs.encode.taking_in import ERASED, taken_in
from lakehouse.catalog import MASTERS, TITLE_FEATURES
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from tests.jobs.encode.conftest import THREE_SCENES, X264

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jobs.encode.ladder.demand import Decision
    from tests.jobs.encode.conftest import Clip

    Ask = Callable[..., Order]

NIGHT = date(2026, 1, 10)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(Settings(var=str(tmp_path)))


@pytest.fixture
def ask(lake: Lake, clip: Clip) -> Ask:
    """A title of three shots, taken in for the night."""
    file = clip("film.mp4", THREE_SCENES, *X264, "-pix_fmt", "yuv420p")

    def order(per_shot: bool | None = None) -> Order:
        placed = Order("film", str(file), NIGHT.isoformat(), per_shot=per_shot)
        place(lake.settings, placed)
        return taken_in(lake.settings, placed)

    return order


def played(lake: Lake, night: date, plays: float) -> None:
    rows.write(lake, TITLE_FEATURES, night, [{"title_id": "film", "title_plays_30d": plays}])


def test_plays_are_those_of_the_newest_night_not_later(lake: Lake) -> None:
    assert monthly_plays(lake, "film", NIGHT) is None  # no table
    played(lake, date(2026, 1, 11), 9.0)
    assert monthly_plays(lake, "film", NIGHT) is None  # the night after
    played(lake, date(2026, 1, 8), 5.0)
    played(lake, date(2026, 1, 9), 7.0)
    assert monthly_plays(lake, "film", NIGHT) == 7.0
    assert monthly_plays(lake, "other", NIGHT) is None


@pytest.mark.parametrize(("plays", "per_shot"), [(None, False), (0.0, False), (1e7, True)])
def test_demand_decides_where_nobody_asked(
    lake: Lake, ask: Ask, plays: float | None, per_shot: bool
) -> None:
    if plays is not None:
        played(lake, NIGHT, plays)
    found = decided(lake, ask())
    assert found.per_shot is per_shot
    assert ("nothing is known" in found.per_shot_why) is (plays is None)
    assert ordered(lake.settings, "film") == found


def test_what_was_asked_stands_against_any_demand(lake: Lake, ask: Ask) -> None:
    played(lake, NIGHT, 1e9)
    assert decided(lake, ask(per_shot=False)).per_shot is False


def test_a_run_that_goes_on_keeps_what_was_decided(lake: Lake, ask: Ask) -> None:
    """Else a title that is half encoded with one CRF would be encoded anew with others."""
    before = decided(lake, ask())
    played(lake, NIGHT, 1e9)
    assert decided(lake, before) == before
    assert decided(lake, ordered(lake.settings, "film")) == before
    assert decided(lake, ask()).per_shot is True  # a fresh order is another matter


def test_a_master_that_is_spoilt_by_then_sets_its_title_aside(lake: Lake, ask: Ask) -> None:
    order = ask()
    (kept,) = lake.settings.at("titles", "masters").glob("*.mp4")
    kept.chmod(0o644)
    kept.write_bytes(b"other bytes")
    assert "holds other bytes" in decided(lake, order).refused
    assert ordered(lake.settings, "film").refused


def test_a_title_that_is_erased_while_it_is_decided_stops_no_other(
    lake: Lake, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def erased(*_: object) -> Decision:
        forget(lake.settings, "film")
        return plays.UNPROBED

    ask()
    monkeypatch.setattr(plays, "decide", erased)
    ingest_masters.main(lake, NIGHT)
    (row,) = lake.arrow(MASTERS, NIGHT).to_pylist()
    assert (row["reason"], orders(lake.settings)) == (ERASED, [])
    assert list(store_of(lake.settings).folder.glob("*.mp4")) == []
