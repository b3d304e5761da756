"""Encode one rung of a title and score every frame of it."""

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
    """A title whose rung fails twice is set aside; raises what the machine lacks."""
    part(lake.settings, night, key, encode)


def encode(production: Production, name: str) -> None:
    """Encode and score the rung of that name, and say what came."""
    made = production.rendition(name)
    log.info(
        "%s: %.0f kb/s of %.0f, VMAF %.1f of %.1f", name, made.kbps, made.rung.kbps,
        made.score.mean, made.rung.vmaf,
    )  # fmt: skip
