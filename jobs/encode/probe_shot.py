"""Probe one run of shots at one size: what it costs and scores at a few CRFs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jobs.encode.taking_in import production_of

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.tables import Lake

log = logging.getLogger(__name__)


def main(lake: Lake, night: date, key: str) -> None:
    """Raises what the tools raise; a probe that failed is tried again alone."""
    production, rest = production_of(lake.settings, night, key)
    for one in production.probe(rest):
        kbps = one.bits / one.frames * float(production.master.rate) / 1000
        log.info("shot %s, CRF %g: %.0f kb/s, VMAF %.1f", one.shot, one.crf, kbps, one.vmaf)
