"""Take in the masters that were ordered for a night; what cannot be encoded is set aside."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jobs.encode import rows
from jobs.encode.assembly import require_keys
from jobs.encode.order import orders
from jobs.encode.plays import decided
from jobs.encode.production import Production
from jobs.encode.taking_in import taken_in
from lakehouse.catalog import MASTERS

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.tables import Lake

log = logging.getLogger(__name__)


def main(lake: Lake, night: date) -> None:
    """Keep each master durably, look at all of it, record what was found, and decide by the plays of
    the thirty days before whether its shots get a CRF each."""
    told, ordered = [], orders(lake.settings, night)
    require_keys(lake.settings, ordered)
    for order in ordered:
        kept = decided(lake, taken_in(lake.settings, order))
        log.info("%s: %s", kept.title_id, kept.refused or kept.per_shot_why)
        told.append(rows.master(kept, None if kept.refused else Production(lake.settings, kept)))
    rows.write(lake, MASTERS, night, told)
