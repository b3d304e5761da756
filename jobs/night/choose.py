"""Choose the night to run, and fetch history when none has landed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from lakehouse.catalog import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakehouse.tables import Lake


def land_something(lake: Lake) -> list[date]:
    """The nights that have landed lines; MovieLens is imported only where nothing has landed."""
    from jobs.events import import_movielens
    from jobs.events.land import landed_nights

    nights = landed_nights(lake)
    if not nights:
        import_movielens.main(lake.settings)
        nights = landed_nights(lake)
    return nights


def next_night(lake: Lake, landed: Sequence[date]) -> date | None:
    """The day after the last published night, or on an empty lake the last but one in the data.

    None where that day is later than all that has landed: nothing is left to do.
    """
    published = lake.nights(VERSIONS)
    if not published:
        return landed[-2] if len(landed) > 1 else landed[0]
    following = published[-1] + timedelta(days=1)
    return following if following <= landed[-1] else None
