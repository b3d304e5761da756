"""Fit a ranker: encode, train every head that can be learned, calibrate on profiles held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lakehouse.errors import MarqueeError
from models.ranker.calibration import fit_line
from models.ranker.encoding import Encoding
from models.ranker.heads import HEADS, WATCH, Head
from models.ranker.network import Batchable, Recipe, train
from models.ranker.ranker import Ranker, forward

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.ranker.examples import Rows

FEWEST_OUTCOMES = 20  # of each kind: fewer teach a head nothing and calibrate it wrongly
HELD_OUT = 10  # one profile in so many calibrates and does not train


class NothingToRank(MarqueeError):
    """There are too few outcomes to train a ranker."""

    def __init__(self, watched: int) -> None:
        super().__init__(
            f"No ranker was trained, because the examples hold {watched} watches that some candidate "
            f"list could have offered and {FEWEST_OUTCOMES} are needed: import more history."
        )


def fit(rows: Rows, score_names: Sequence[str], recipe: Recipe, seed: int) -> Ranker:
    """Train on rows of lists and rows of their own; raises NothingToRank."""
    present, absent = learnable(rows)
    if WATCH.name in absent:
        raise NothingToRank(int(np.nansum(rows.outcomes[WATCH.name])))
    encoding = Encoding.of(rows.columns, score_names)
    held = rows.profiles % HELD_OUT == seed % HELD_OUT
    if len(np.unique(rows.profiles)) < 2 * HELD_OUT:
        held = np.zeros(len(rows), bool)
    learned = rows.take(~held)
    layers, curve = train(batchable(learned, encoding, present), recipe, seed)
    judged = rows.take(held) if held.any() else rows
    logits = forward(layers, encoding.matrix(judged.columns))
    lines = {
        head.name: fit_line(*_known(judged, head, logits[:, place]))
        for place, head in enumerate(present)
    }
    facts = {
        "absent_heads": absent,
        "counts": {"rows": len(rows), "lists": int(rows.lists.max(initial=-1)) + 1},
        "learning_curve": [round(loss, 6) for loss in curve],
        "recipe": recipe.to_json(),
        "seed": seed,
    }
    return Ranker(encoding, layers, lines, list(score_names), facts)


def learnable(rows: Rows) -> tuple[list[Head], dict[str, str]]:
    """The heads whose rows hold both outcomes, and why each other one is absent."""
    present, absent = [], {}
    for head in HEADS:
        outcomes = rows.outcomes[head.name]
        happened, not_happened = int((outcomes == 1).sum()), int((outcomes == 0).sum())
        if min(happened, not_happened) >= FEWEST_OUTCOMES:
            present.append(head)
        else:
            absent[head.name] = (
                f"{happened:,} rows where it happened and {not_happened:,} where it did not; "
                f"{FEWEST_OUTCOMES} of each are needed"
            )
    return present, absent


def batchable(rows: Rows, encoding: Encoding, heads: Sequence[Head]) -> Batchable:
    """Lists first, in order; lists without a watch teach no order and stand with the rows."""
    watched = rows.outcomes[WATCH.name] == 1
    count = int(rows.lists.max(initial=-1)) + 1
    useful = np.bincount(rows.lists[(rows.lists >= 0) & watched], minlength=count) > 0
    listed = rows.lists >= 0
    listed[listed] = useful[rows.lists[listed]]
    order = np.concatenate([
        np.flatnonzero(listed)[np.argsort(rows.lists[listed], kind="stable")],
        np.flatnonzero(~listed & (rows.lists < 0)),
    ])  # fmt: skip
    lengths = np.bincount(rows.lists[listed], minlength=count)
    offsets = np.concatenate(([0], np.cumsum(lengths[lengths > 0]))).astype(np.int64)
    outcomes = np.stack([rows.outcomes[head.name] for head in heads], axis=1)
    return Batchable(encoding.matrix(rows.columns)[order], outcomes[order], offsets)


def _known(
    rows: Rows, head: Head, logits: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scores and outcomes to calibrate a head by: watching by lists, where there are any."""
    outcomes = rows.outcomes[head.name]
    known = ~np.isnan(outcomes)
    if head is WATCH and (rows.lists >= 0).any():
        known &= rows.lists >= 0
    return logits[known], outcomes[known]
