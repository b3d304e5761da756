"""Simulate what sessions of an adaptive player fetch and see on a ladder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.encode.ladder.bd_rate import Ladder

SIGMA = 0.8
"""Of log throughput between sessions."""
SAFETY = 0.8
"""The share of its throughput that a player spends."""
SESSIONS = 100_000


@dataclass(frozen=True)
class Sessions:
    """What the sessions of a title, or of titles watched alike, come to."""

    egress_kbps: float
    mean_vmaf: float
    p10_vmaf: float
    """What one session in ten falls below; of several titles, the mean of theirs."""


def simulate(ladder: Ladder, median_kbps: float, seed: int = 0, count: int = SESSIONS) -> Sessions:
    """Sessions with one throughput each, lognormal about the median, all on one ladder.

    A player takes the dearest rung within its share of the throughput, else the cheapest there is.
    The same seed gives every ladder the same sessions, so that differences are the ladders'.
    """
    kbps, vmaf = np.array(sorted(ladder), dtype=np.float64).T
    spread = np.random.default_rng(seed).standard_normal(count)
    affordable = SAFETY * median_kbps * np.exp(SIGMA * spread)
    taken = np.maximum(np.searchsorted(kbps, affordable, side="right") - 1, 0)
    seen = vmaf[taken]
    return Sessions(float(kbps[taken].mean()), float(seen.mean()), float(np.percentile(seen, 10)))


def over_titles(each: Sequence[Sessions]) -> Sessions:
    """Titles counted equally."""
    figures = np.array([(one.egress_kbps, one.mean_vmaf, one.p10_vmaf) for one in each])
    return Sessions(*(float(figure) for figure in figures.mean(axis=0)))
