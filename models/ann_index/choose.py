"""Choose between exact search and ScaNN: by the size, then by the recall that was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.ann_index.brute_force import BruteForce
from models.ann_index.frontier import NEIGHBOURS, Point, Recall, cheapest, sweep
from models.ann_index.index import Index
from models.ann_index.scann_search import ScannSearch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.ann_index.index import Search

ANN_PAYS_TITLES = 20_000
"""Below this exact search answers about as fast (design/stack.md), and is exact."""
LEAST_RECALL = 0.99
MOST_QUERIES = 1_000
"""Enough that a recall of .99 is known to about .0003."""


def choose(
    title_ids: Sequence[str],
    vectors: NDArray[np.float32],
    model_hash: str,
    queries: NDArray[np.float32],
    new: NDArray[np.bool_],
    ann_pays_titles: int = ANN_PAYS_TITLES,
) -> Index:
    """The index of [titles, dimension] vectors of length one, judged by [queries, dimension].

    `new` [titles] marks what the model did not see watched; those vectors are asked for too, so
    that the slice of new titles is judged even if no profile is near one.
    """
    exact = BruteForce(vectors)
    if len(vectors) < ann_pays_titles:
        reason = f"{len(vectors):,} titles are searched exactly as fast as with an index."
        return _index(title_ids, vectors, model_hash, exact, Recall(1.0, 1.0), reason)
    asked = np.concatenate([_some(queries), _some(vectors[new])])
    nearest, _ = exact.search(asked, NEIGHBOURS)
    tried = sweep(vectors, asked, new, nearest)
    points = [point for point, _ in tried]
    best = cheapest(points, LEAST_RECALL)
    if best is None:
        reason = f"No setting of ScaNN reached a recall of {LEAST_RECALL}, so search is exact."
        return _index(title_ids, vectors, model_hash, exact, Recall(1.0, 1.0), reason, points)
    search = next(one for point, one in tried if point is best)
    reason = f"ScaNN with the least work among settings with a recall of {LEAST_RECALL} or more."
    return _index(title_ids, vectors, model_hash, search, best.recall, reason, points)


def _index(
    title_ids: Sequence[str],
    vectors: NDArray[np.float32],
    model_hash: str,
    search: Search,
    recall: Recall,
    reason: str,
    points: Sequence[Point] = (),
) -> Index:
    parameters = search.numbers if isinstance(search, ScannSearch) else {}
    return Index(
        tuple(title_ids), vectors, model_hash, search, parameters, recall.overall,
        recall.new_titles, reason, tuple(points),
    )  # fmt: skip


def _some(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """At most MOST_QUERIES of the vectors, evenly spread, so that no draw is needed."""
    step = max(1, len(vectors) // MOST_QUERIES)
    return vectors[::step][:MOST_QUERIES]
