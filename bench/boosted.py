"""Stand gradient-boosted trees in the ranker's place: the same rows, the same inputs, the same lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from jobs.training.lists import lists_of
from models.ranker.encoding import Encoding
from models.ranker.examples import Rows
from models.ranker.heads import WATCH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jobs.training.lists import Fold
    from models.ranker.examples import Columns
    from models.ranker.ranker import Ranker

TREES, LEAVES, STEP, SMALLEST_LEAF = 150, 31, 0.08, 200
"""Small steps and large leaves: on ranked candidates most of what a deep tree finds is chance."""


@dataclass(frozen=True)
class Boosted:
    """Trees that tell how likely a candidate is watched, as the funnel asks for a utility."""

    encoding: Encoding
    trees: Any

    def utilities(self, columns: Columns) -> NDArray[np.float32]:
        """[rows] log-odds of being watched."""
        raw = self.trees.decision_function(self.encoding.matrix(columns))
        return np.asarray(raw, np.float32)


def fit_boosted(folds: Sequence[Fold], seed: int) -> Ranker:
    """Fit on the candidate lists of folds; what comes has all that the funnel uses of a ranker."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    rows = Rows.joined([lists_of(fold.snapshot, fold.later, seed) for fold in folds])
    encoding = Encoding.of(rows.columns, folds[0].snapshot.knowledge.scores.names)
    trees = HistGradientBoostingClassifier(
        max_iter=TREES, max_leaf_nodes=LEAVES, learning_rate=STEP, min_samples_leaf=SMALLEST_LEAF,
        early_stopping=False, random_state=seed,
    )  # fmt: skip
    trees.fit(encoding.matrix(rows.columns), rows.outcomes[WATCH.name])
    return cast("Ranker", Boosted(encoding, trees))
