"""Build the features of a night: what its end knows of every profile and title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.online import profile_values, title_values
from features.watches import known_events, microseconds, midnight_after
from lakehouse.catalog import PROFILE_FEATURES, PROFILES, TITLE_FEATURES, TITLES

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.tables import Lake


def main(lake: Lake, night: date) -> None:
    """Read what was known when the night ended and write the features of that moment."""
    known = known_events(lake, night), lake.arrow(PROFILES, night), lake.arrow(TITLES, night)
    end = microseconds(midnight_after(night))
    lake.write(PROFILE_FEATURES, profile_values(*known, end), night)
    lake.write(TITLE_FEATURES, title_values(*known, end), night)
