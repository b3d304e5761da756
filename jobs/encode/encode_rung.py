"""Encode one rung of a title and score every frame of it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jobs.encode.taking_in import production_of

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.tables import Lake

log = logging.getLogger(__name__)


def main(lake: Lake, night: date, key: str) -> None:
    """Raises what the tools raise; a rung that failed is tried again alone."""
    production, name = production_of(lake.settings, night, key)
    made = production.rendition(name)
    log.info(
        "%s: %.0f kb/s of %.0f, VMAF %.1f of %.1f", name, made.kbps, made.rung.kbps,
        made.score.mean, made.rung.vmaf,
    )  # fmt: skip
