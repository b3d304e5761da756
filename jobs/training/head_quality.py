"""Say how well each head of the ranker tells outcomes apart, and how far its probabilities hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.training.lists import lists_of
from models.metrics import Reliability, auc, calibration_error, pr_auc, reliability

if TYPE_CHECKING:
    from jobs.training.snapshot import Snapshot, World
    from models.ranker.ranker import Ranker


@dataclass(frozen=True)
class HeadQuality:
    """One head on candidates of the judged window, whose outcomes training never saw."""

    auc: float
    pr_auc: float
    ece: float
    base_rate: float
    rows: int
    reliability: Reliability


def head_quality(
    ranker: Ranker, snapshot: Snapshot, later: World, seed: int
) -> dict[str, HeadQuality]:
    """Head to quality, on the lists of warm profiles; heads without both outcomes are left out."""
    rows = lists_of(snapshot, later, seed)
    chances = ranker.probabilities(rows.columns)
    found = {}
    for head in ranker.heads:
        known = ~np.isnan(rows.outcomes[head])
        happened, said = rows.outcomes[head][known], chances[head][known]
        if len(np.unique(happened)) == 2:
            found[head] = HeadQuality(
                auc(happened, said), pr_auc(happened, said), calibration_error(happened, said),
                float(happened.mean()), len(happened), reliability(happened, said),
            )  # fmt: skip
    return found
