"""Probe one run of shots at one size: what it costs and scores at a few CRFs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jobs.encode.taking_in import part

if TYPE_CHECKING:
    from datetime import date

    from jobs.encode.production import Production
    from lakehouse.tables import Lake

log = logging.getLogger(__name__)


def main(lake: Lake, night: date, key: str) -> None:
    """A title whose probe fails twice is set aside; raises what the machine lacks."""
    part(lake.settings, night, key, probe)


def probe(production: Production, key: str) -> None:
    """Probe a run that a key of the title names, and say what came."""
    for one in production.probe(key):
        kbps = one.bits / one.frames * float(production.master.rate) / 1000
        log.info("shot %s, CRF %g: %.0f kb/s, VMAF %.1f", one.shot, one.crf, kbps, one.vmaf)
