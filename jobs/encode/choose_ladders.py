"""Choose the ladder of each title of a night from its probes, and tell which rungs to encode."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jobs.encode import rows
from jobs.encode.ladder.errors import NoRung, UnevenProbes
from jobs.encode.taking_in import productions, set_aside
from lakehouse.catalog import PROBES

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.tables import Lake

log = logging.getLogger(__name__)


def main(lake: Lake, night: date) -> list[str]:
    """A key for each rung, such as bikes/h264-272p-323k."""
    keys, told = [], []
    for production in productions(lake.settings, night):
        told += rows.probes(production)
        try:
            rungs = production.ladder
        except (NoRung, UnevenProbes) as error:
            set_aside(lake.settings, production.order, error)
            continue
        for rung in rungs:
            log.info(
                "%s %s: CRF %g, VMAF %.1f",
                production.order.title_id,
                rung.name,
                rung.crf,
                rung.vmaf,
            )
            keys.append(f"{production.order.title_id}/{rung.name}")
    rows.write(lake, PROBES, night, told)
    return keys
