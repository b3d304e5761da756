"""Measure what recall a search pays for its speed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.ann_index.scann_search import Parameters, ScannSearch

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from models.ann_index.index import Search

NEIGHBOURS = 100
LEAVES_A_ROOT = (1, 2)
"""Trees are tried with so many times the square root of the titles as leaves."""
SEARCHED_SHARES = (0.02, 0.05, 0.1, 0.2, 0.4)
REORDERED = (200, 400, 800)


class Recall(NamedTuple):
    """recall@100 against exact search."""

    overall: float
    new_titles: float
    """Of the new titles among the exact neighbours; NaN where there are none"""


class Point(NamedTuple):
    """One setting of an index and what it gave."""

    parameters: Parameters
    recall: Recall
    queries_per_second: float


def recall_of(found: NDArray[np.int32], exact: NDArray[np.int32], new: NDArray[np.bool_]) -> Recall:
    """Compare [queries, k] places with the exact ones; new [titles] marks the new titles."""
    width = len(new) + 1
    rows = np.arange(len(exact))[:, None] * width
    there = np.isin(rows + exact, rows + found) & (exact >= 0)
    of_new = (exact >= 0) & new[exact]
    overall = there.sum() / max(int((exact >= 0).sum()), 1)
    return Recall(float(overall), float(there[of_new].mean()) if of_new.any() else float("nan"))


def sweep(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], new: NDArray[np.bool_],
    exact: NDArray[np.int32],
) -> list[tuple[Point, ScannSearch]]:  # fmt: skip
    """Try every tree, width and depth; each point stands with the search that gave it."""
    found = []
    for root in LEAVES_A_ROOT:
        leaves = max(1, round(root * len(vectors) ** 0.5))
        tree = ScannSearch.built(vectors, Parameters(leaves, leaves, max(REORDERED)))
        for share in SEARCHED_SHARES:
            for reordered in REORDERED:
                width = max(1, round(share * leaves))
                search = tree.at(Parameters(leaves, width, reordered))
                found.append((measured(search, queries, new, exact), search))
    return found


def measured(
    search: ScannSearch, queries: NDArray[np.float32], new: NDArray[np.bool_],
    exact: NDArray[np.int32],
) -> Point:  # fmt: skip
    """One point; the first, untimed search warms caches and threads."""
    places, _ = search.search(queries, NEIGHBOURS)
    speed = queries_per_second(search, queries)
    return Point(search.parameters, recall_of(places, exact, new), speed)


def queries_per_second(search: Search, queries: NDArray[np.float32]) -> float:
    """How many of a batch of queries are answered in a second."""
    started = time.perf_counter()
    search.search(queries, NEIGHBOURS)
    return len(queries) / (time.perf_counter() - started)


def cheapest(points: list[Point], least: float) -> Point | None:
    """The point with the least work among those with enough recall, overall and of new titles.

    Work is counted, not timed, so that the same vectors choose the same point on any machine: the
    share of leaves searched, then how many are reordered.
    """
    good = [
        point
        for point in points
        if point.recall.overall >= least
        and (np.isnan(point.recall.new_titles) or point.recall.new_titles >= least)
    ]
    return min(good, key=_work, default=None)


def _work(point: Point) -> tuple[float, int, int]:
    used = point.parameters
    return used.leaves_searched / used.leaves, used.reordered, used.leaves


def picture(points: list[Point] | tuple[Point, ...], exact_speed: float, least: float) -> Figure:
    """Recall against speed, one dot a setting, with exact search and the demanded recall."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for leaves in sorted({point.parameters.leaves for point in points}):
        chosen = [point for point in points if point.parameters.leaves == leaves]
        axes.scatter(
            [point.recall.overall for point in chosen],
            [point.queries_per_second for point in chosen],
            label=f"ScaNN, {leaves} leaves",
        )
    axes.scatter([1.0], [exact_speed], marker="*", color="black", label="exact")
    axes.axvline(least, color="grey", linewidth=1, linestyle="--")
    axes.set(
        xlabel=f"recall@{NEIGHBOURS}", ylabel="queries per second", yscale="log",
        title="Recall and speed of the title index",
    )  # fmt: skip
    axes.legend()
    return figure
