"""Gate, package, prove and publish the titles of a night: each wholly, or not at all."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jobs.encode import rows
from jobs.encode.assembly import Assembly, NotPlayable
from jobs.encode.captions import BadCaptions
from jobs.encode.record import record
from jobs.encode.releasing import released
from jobs.encode.taking_in import productions, set_aside
from lakehouse.catalog import PLAYABLE_TITLES, RENDITIONS

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.tables import Lake

log = logging.getLogger(__name__)


def main(lake: Lake, night: date) -> None:
    """A title that the gate holds back is set aside with its reason, and what played goes on."""
    encoded, playable = [], []
    for production in productions(lake.settings, night):
        assembly = Assembly(production)
        encoded += rows.renditions(assembly)
        try:
            release = released(lake.settings, assembly)
        except (NotPlayable, BadCaptions) as error:
            log.warning("%s", error)
            set_aside(lake.settings, production.order, error)
            continue
        record(lake.settings, assembly, release)
        playable.append(rows.playable(release.receipt))
        log.info("%s plays, version %s", production.order.title_id, release.receipt["version"])
    rows.write(lake, RENDITIONS, night, encoded)
    rows.write(lake, PLAYABLE_TITLES, night, playable)
