"""Tell which titles of a catalogue play as of a night, for a service that shows no others."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from jobs.recommend.attributes import codes_of
from lakehouse.catalog import PLAYABLE_TITLES
from lakehouse.errors import MarqueeError, MissingTable

if TYPE_CHECKING:
    from datetime import date

    from jobs.recommend.attributes import Catalogue
    from lakehouse.tables import Lake

log = logging.getLogger(__name__)


class NothingPlays(MarqueeError):
    """Pages may only show titles that play, and none of the catalogue is known to."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"MARQUEE_UNPLAYABLE is remove and {why}, so pages would be empty; none was written and "
            "the live version stays: marquee encode FILE --title ID makes a title play, and without "
            "the setting pages show those that do not, too."
        )


def with_plays(lake: Lake, night: date, catalogue: Catalogue, list_read: int | None) -> Catalogue:
    """The catalogue with the titles that play by the newest list that is not later than the night.

    Films are made beside the night, so the list is most often that of the night before, and nobody
    waits for it. Raises NothingPlays.
    """
    try:
        found = lake.arrow(PLAYABLE_TITLES, night, ["title_id"], list_read)
    except MissingTable:
        raise NothingPlays(f"{PLAYABLE_TITLES.name} has no night up to {night}") from None
    codes = codes_of(found["title_id"], catalogue.title_ids)
    plays = np.zeros(len(catalogue.title_ids), bool)
    plays[codes[codes >= 0]] = True
    if not (plays & catalogue.listed).any():
        raise NothingPlays(f"no title of the catalogue of {night} is in {PLAYABLE_TITLES.name}")
    left = int((catalogue.listed & ~plays).sum())
    log.info("%s of %s titles do not play, so no page shows them.", left, catalogue.listed.sum())
    return replace(catalogue, plays=plays)
