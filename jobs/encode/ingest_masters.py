"""Take in the masters that were ordered for a night; what cannot be encoded is set aside."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jobs.encode import rows
from jobs.encode.order import orders
from jobs.encode.production import Production
from jobs.encode.taking_in import taken_in
from lakehouse.catalog import MASTERS

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.tables import Lake

log = logging.getLogger(__name__)


def main(lake: Lake, night: date) -> None:
    """Keep each master durably, look at all of it, and record what was found."""
    told = []
    for order in orders(lake.settings, night):
        kept = taken_in(lake.settings, order)
        log.info("%s: %s", kept.title_id, kept.refused or f"accepted, {kept.master_sha256[:16]}")
        told.append(rows.master(kept, None if kept.refused else Production(lake.settings, kept)))
    rows.write(lake, MASTERS, night, told)
