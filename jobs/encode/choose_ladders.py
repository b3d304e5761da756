"""Choose the ladder of each title of a night from its probes, and tell which rungs to encode."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jobs.encode import rows
from jobs.encode.taking_in import each_title
from lakehouse.catalog import PROBES

if TYPE_CHECKING:
    from datetime import date

    from jobs.encode.production import Production
    from lakehouse.tables import Lake

log = logging.getLogger(__name__)


def main(lake: Lake, night: date) -> list[str]:
    """A key for each rung, such as bikes/h264-360p-323k; a title without a ladder is set aside."""
    rows.write(lake, PROBES, night, [])

    def choose(production: Production) -> list[str]:
        rows.write(lake, PROBES, night, rows.probes(production))
        title_id = production.order.title_id
        for rung in production.ladder:
            log.info("%s %s: CRF %g, VMAF %.1f", title_id, rung.name, rung.crf, rung.vmaf)
        return [f"{title_id}/{rung.name}" for rung in production.ladder]

    return each_title(lake.settings, night, choose)
