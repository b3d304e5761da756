"""Make what the ranker learns from: candidate lists of earlier moments, and the night's examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.watches import as_microseconds, codes_of
from models.ranker.encoding import USED
from models.ranker.examples import Rows
from models.ranker.fit import fit
from models.ranker.heads import HEADS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from jobs.training.snapshot import Snapshot, World
    from models.ranker.network import Recipe
    from models.ranker.ranker import Ranker

HARDEST = 100
"""The candidates of each list that its leading model puts first: what a ranker must tell apart.
All of them gave .281 where these gave .284 (nDCG@10, random splits inside MovieLens' training part)."""
LISTS_A_MOMENT = 3_000
"""More profiles than this teach no more; the rest would only take memory."""
MOST_EXAMPLES = 150_000


@dataclass(frozen=True)
class Fold:
    """A moment from which a ranker learns, and what happened after it."""

    snapshot: Snapshot
    later: World


def fit_folds(folds: Sequence[Fold], recipe: Recipe, seed: int) -> Ranker:
    """Fit a ranker on the lists of folds; raises NothingToRank."""
    rows = Rows.joined([lists_of(fold.snapshot, fold.later, seed) for fold in folds])
    return fit(rows, folds[0].snapshot.knowledge.scores.names, recipe, seed)


def lists_of(snapshot: Snapshot, later: World, seed: int) -> Rows:
    """A list for each warm profile that watched something later: its hardest candidates, and what became of them.

    Watched titles that the funnel did not propose are not in a list: the ranker will not meet such.
    """
    draws = np.random.default_rng(seed)
    offsets, titles = snapshot.watched_after(later)
    warm = np.flatnonzero(np.diff(offsets) > 0)
    chosen = np.zeros(len(offsets) - 1, bool)
    chosen[draws.permutation(warm)[:LISTS_A_MOMENT]] = True
    profiles, candidates = snapshot.candidates(chosen)
    size = len(snapshot.histories.title_ids)
    owners = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    kept = hardest(snapshot, profiles, candidates)
    profiles, candidates = profiles[kept], candidates[kept]
    pairs = profiles.astype(np.int64) * size + candidates
    watched = np.isin(pairs, owners * size + titles)
    every = snapshot.knowledge.columns(profiles, candidates)
    names = [*(feature.name for feature in USED), *snapshot.knowledge.scores.names]
    columns = {name: every[name] for name in names}
    outcomes = _outcomes(later, pairs, watched)
    return Rows(columns, outcomes, np.unique(profiles, return_inverse=True)[1], profiles)


def hardest(
    snapshot: Snapshot, profiles: NDArray[np.int32], candidates: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """[pairs] whether the leading model puts a candidate among the first HARDEST of its profile."""
    scores = snapshot.knowledge.scores
    told = scores.scores(profiles, candidates, [scores.leading])[scores.leading]
    order = np.lexsort((candidates, -told, profiles))
    first = np.searchsorted(profiles[order], profiles[order], side="left")
    kept = np.zeros(len(profiles), bool)
    kept[order] = np.arange(len(profiles)) - first < HARDEST
    return kept


def _outcomes(
    later: World, pairs: NDArray[np.int64], watched: NDArray[np.bool_]
) -> dict[str, NDArray[np.float32]]:
    """Head to [rows]: whether completed is known of what was watched, liked of who said so."""
    kinds = later.events["type"].to_numpy()
    completed, liked, disliked = (
        np.isin(pairs, later.pairs[kinds == kind]) for kind in ("complete", "like", "dislike")
    )
    return {
        "watched": watched.astype(np.float32),
        "completed": np.where(watched, completed, np.nan).astype(np.float32),
        # who says both has said no
        "liked": np.where(watched & (liked | disliked), liked & ~disliked, np.nan).astype(
            np.float32
        ),
    }


def examples_of(
    examples: pa.Table, moments: Sequence[tuple[int, Snapshot]], until: int, seed: int
) -> Rows:
    """The training examples since the first moment, each scored by the last snapshot before it."""
    import pyarrow as pa

    at = as_microseconds(examples["at"])
    fitting = np.flatnonzero((at >= moments[0][0]) & (at < until))
    draws = np.random.default_rng(seed)
    kept = np.sort(draws.permutation(fitting)[:MOST_EXAMPLES])
    table, at = examples.take(pa.array(kept)), at[kept]
    h = moments[0][1].histories
    profiles = codes_of(table["profile_id"], h.profile_ids)
    titles = codes_of(table["title_id"], h.title_ids)
    columns: dict[str, NDArray[np.generic]] = {f.name: _column(table, f.name) for f in USED}
    starts = np.array([moment for moment, _ in moments])
    of_moment = np.searchsorted(starts, at, side="right") - 1
    names = moments[0][1].knowledge.scores.names
    scores = {name: np.zeros(len(kept), np.float32) for name in names}
    for place, (_, snapshot) in enumerate(moments):
        rows = np.flatnonzero(of_moment == place)
        own = snapshot.knowledge.scores.columns(profiles[rows], titles[rows])
        for name in names:
            scores[name][rows] = own[name]
    outcomes = {head.name: _column(table, head.name).astype(np.float32) for head in HEADS}
    return Rows({**columns, **scores}, outcomes, np.full(len(kept), -1), profiles)


def _column(table: pa.Table, name: str) -> NDArray[np.generic]:
    """A column as the ranker reads it: numbers with NaN where there is none, or text."""
    import pyarrow as pa

    column = table[name]
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return np.asarray(column.to_pylist())
    numbers: NDArray[np.generic] = column.cast(pa.float64()).to_numpy()
    return numbers
