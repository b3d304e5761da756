"""Fit a ranker: encode, train every head that can be learned, calibrate on lists of one window."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lakehouse.errors import MarqueeError
from models.ranker.calibration import fit_line
from models.ranker.encoding import Encoding
from models.ranker.heads import HEADS, WATCH, Head
from models.ranker.network import Batchable, Recipe, train
from models.ranker.ranker import Ranker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.ranker.calibration import Line
    from models.ranker.examples import Rows

FEWEST_OUTCOMES = 20  # of each kind: fewer teach a head nothing and calibrate it wrongly


class NothingToRank(MarqueeError):
    """There are too few outcomes to train a ranker."""

    def __init__(self, watched: int) -> None:
        super().__init__(
            f"No ranker was trained, because the examples hold {watched} watches that some candidate "
            f"list could have offered and {FEWEST_OUTCOMES} are needed: import more history."
        )


def fit(
    rows: Rows, score_names: Sequence[str], recipe: Recipe, seed: int, window: Rows | None = None
) -> Ranker:
    """Train on rows of lists and rows of their own; raises NothingToRank.

    Lists of different moments look ahead for different times, so their chances differ. `window`
    has lists that look ahead for as long as a chance shall mean; heads are calibrated on it.
    """
    present, absent = learnable(rows)
    if WATCH.name in absent:
        raise NothingToRank(int(np.nansum(rows.outcomes[WATCH.name])))
    encoding = Encoding.of(rows.columns, score_names)
    layers, curve = train(batchable(rows, encoding, present, recipe.own_share), recipe, seed)
    facts = {
        "absent_heads": absent,
        "counts": {"rows": len(rows), "lists": int(rows.lists.max(initial=-1)) + 1},
        "learning_curve": [round(loss, 6) for loss in curve],
        "recipe": recipe.to_json(),
        "seed": seed,
    }
    bare = Ranker(encoding, layers, {}, list(score_names), facts)
    lines = calibrated(bare, rows if window is None else window, rows, present)
    return replace(bare, lines=lines)


def learnable(rows: Rows) -> tuple[list[Head], dict[str, str]]:
    """The heads whose rows hold both outcomes, and why each other one is absent."""
    present, absent = [], {}
    for head in HEADS:
        outcomes = rows.outcomes[head.name]
        happened, not_happened = int((outcomes == 1).sum()), int((outcomes == 0).sum())
        if _tells(outcomes):
            present.append(head)
        else:
            absent[head.name] = (
                f"{happened:,} rows where it happened and {not_happened:,} where it did not; "
                f"{FEWEST_OUTCOMES} of each are needed"
            )
    return present, absent


def batchable(rows: Rows, encoding: Encoding, heads: Sequence[Head], own_share: float) -> Batchable:
    """Rows as a training reads them.

    For watching each list weighs the same, however much its profile watched, and lists in which
    nothing was watched weigh nothing: they tell no order. Other heads weigh what is known alike.
    """
    outcomes = np.stack([rows.outcomes[head.name] for head in heads], axis=1)
    weights = (~np.isnan(outcomes)).astype(np.float32)
    own = rows.lists < 0
    weights[:, 0] = list_weights(rows, own_share)
    known = np.nan_to_num(outcomes)
    return Batchable(encoding.matrix(rows.columns), known, weights, own)


def list_weights(rows: Rows, own_share: float) -> NDArray[np.float32]:
    """[rows] of the head for watching; the mean over rows that weigh anything is one."""
    own, watched = rows.lists < 0, rows.outcomes[WATCH.name] == 1
    hits = np.bincount(rows.lists[~own & watched], minlength=int(rows.lists.max(initial=-1)) + 1)
    weights = np.zeros(len(rows))
    weights[~own] = np.divide(1, hits, out=np.zeros(len(hits)), where=hits > 0)[rows.lists[~own]]
    listed = weights.sum()
    if own.any():
        weights[own] = own_share * listed / own.sum() if listed else 1.0
    weights[np.isnan(rows.outcomes[WATCH.name])] = 0
    told = weights > 0
    scaled: NDArray[np.float32] = (weights / weights[told].mean()).astype(np.float32)
    return scaled


def calibrated(bare: Ranker, window: Rows, rows: Rows, heads: Sequence[Head]) -> dict[str, Line]:
    """Head to the line from its log-odds to chances, of the window where that tells enough."""
    lines = {}
    for place, head in enumerate(heads):
        judged = window if _tells(window.outcomes[head.name]) else rows
        outcomes = judged.outcomes[head.name]
        known = ~np.isnan(outcomes)
        if head is WATCH and (judged.lists >= 0).any():
            known &= judged.lists >= 0
        chosen = judged.take(known)
        logits = bare.logits(chosen.columns)[:, place]
        lines[head.name] = fit_line(logits, chosen.outcomes[head.name])
    return lines


def _tells(outcomes: NDArray[np.float32]) -> bool:
    return bool(min((outcomes == 1).sum(), (outcomes == 0).sum()) >= FEWEST_OUTCOMES)
