"""Gate, package, prove and publish the titles of a night: each wholly, or not at all."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jobs.encode import rows
from jobs.encode.assembly import Assembly
from jobs.encode.order import lock_of, standing
from jobs.encode.playing import write_playing
from jobs.encode.releasing import made_playable
from jobs.encode.taking_in import each_title
from lakehouse.catalog import RENDITIONS
from lakehouse.locks import alone

if TYPE_CHECKING:
    from datetime import date

    from jobs.encode.production import Production
    from lakehouse.tables import Lake

log = logging.getLogger(__name__)


def main(lake: Lake, night: date) -> None:
    """A title that is held back is set aside with its reason, and what played goes on, as it does where
    a person rolled this order back.

    Each has its rows before the next one begins: what ends the job leaves none that plays unlisted.
    """
    rows.write(lake, RENDITIONS, night, [])
    write_playing(lake, night)  # also on a night that makes none

    def publish(production: Production) -> list[str]:
        title_id = production.order.title_id
        with alone(lock_of(lake.settings, title_id)):
            if order := standing(lake.settings, production.order):
                return _published(lake, night, production, order.withdrawn)
        log.info("%s was erased or ordered anew meanwhile", title_id)
        return []

    each_title(lake.settings, night, publish)


def _published(lake: Lake, night: date, production: Production, withdrawn: str) -> list[str]:
    """The version that plays, or none where the order was rolled back from one that was withdrawn."""
    assembly, order = Assembly(production), production.order
    rows.write(lake, RENDITIONS, night, rows.renditions(assembly))
    if withdrawn:
        log.info(
            "%s was rolled back from version %s, so this order of it is published no more",
            order.title_id, withdrawn,
        )  # fmt: skip
        return []
    receipt = made_playable(lake, night, assembly)
    log.info("%s plays, version %s", order.title_id, receipt["version"])
    return [str(receipt["version"])]
