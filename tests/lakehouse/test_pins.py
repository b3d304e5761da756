"""A night that pinned a table reads it as it was, whatever was written since."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from lakehouse.catalog import PLAYABLE_TITLES
from lakehouse.errors import MissingTable
from lakehouse.pins import as_pinned, pin, version_read

if TYPE_CHECKING:
    from lakehouse.tables import Lake
    from tests.conftest import Rows

NIGHT = date(2026, 1, 10)
BEFORE, NEXT = NIGHT - timedelta(days=1), NIGHT + timedelta(days=1)


def write(lake: Lake, rows: Rows, night: date, *titles: str) -> None:
    lake.write(PLAYABLE_TITLES, rows(PLAYABLE_TITLES, *({"title_id": t} for t in titles)), night)


def read(lake: Lake, night: date) -> list[str]:
    return sorted(as_pinned(lake, PLAYABLE_TITLES, night, ["title_id"])["title_id"].to_pylist())


def test_what_was_pinned_is_read_though_the_night_itself_was_written_since(
    lake: Lake, rows: Rows
) -> None:
    """The night is in no partition of the pinned version: the newest night of then counts."""
    write(lake, rows, BEFORE, "a", "b")
    pin(lake, PLAYABLE_TITLES, NIGHT, 0)
    write(lake, rows, NIGHT, "a")
    assert read(lake, NIGHT) == ["a", "b"]
    assert version_read(lake, PLAYABLE_TITLES, NIGHT) == 0
    assert read(lake, NEXT) == ["a"]  # pinned nothing
    pin(lake, PLAYABLE_TITLES, NIGHT, 1)  # the rerun of the night
    assert read(lake, NIGHT) == ["a"]


def test_a_table_that_was_never_written_is_missing(lake: Lake) -> None:
    pin(lake, PLAYABLE_TITLES, NIGHT, None)
    assert version_read(lake, PLAYABLE_TITLES, NIGHT) is None
    with pytest.raises(MissingTable):
        read(lake, NIGHT)
