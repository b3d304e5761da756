"""Judge rankings and probabilities: recall, precision, NDCG, MAP, AUC, calibration, intervals.

Every ranking metric is binary: a title is relevant or not. `ranked` is [profiles, k] title codes,
best first, -1 where a list is shorter; a title stands at most once in a list. Profiles without a
relevant title have no value (NaN) and count nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

ROUNDS = 2000  # the ends of a 95 % interval move by about 2 % of its width from seed to seed
BLOCK_VALUES = 4_000_000  # draws held at once, 32 MB


@dataclass(frozen=True)
class Judged:
    """Which places of each list were hits, and how many titles there were to find.

    >>> one = judge([[7, 5, 3, 9]], offsets=[0, 3], titles=[5, 9, 4])
    >>> one.recall(4).round(3), one.precision(4).round(3), one.average_precision(4).round(3)
    (array([0.667]), array([0.5]), array([0.333]))
    """

    hits: NDArray[np.bool_]
    """[profiles, k]"""
    relevant: NDArray[np.int64]
    """[profiles] distinct relevant titles"""

    def recall(self, k: int) -> NDArray[np.float64]:
        """[profiles] the share of the relevant titles among the first k."""
        return _share(self.hits[:, :k].sum(axis=1), self.relevant, self.relevant)

    def precision(self, k: int) -> NDArray[np.float64]:
        """[profiles] the share of the first k places that are hits; short lists are not excused."""
        return _share(self.hits[:, :k].sum(axis=1), np.full_like(self.relevant, k), self.relevant)

    def ndcg(self, k: int) -> NDArray[np.float64]:
        """[profiles] gain 1 / log2(place + 1), over that of min(k, relevant) hits in front."""
        discounts = 1.0 / np.log2(np.arange(k) + 2.0)
        ideal = np.concatenate(([0.0], np.cumsum(discounts)))[np.minimum(self.relevant, k)]
        found = self.hits[:, :k]
        return _share(found @ discounts[: found.shape[1]], ideal, self.relevant)

    def average_precision(self, k: int) -> NDArray[np.float64]:
        """[profiles] precision at each hit, summed, over min(k, relevant); its mean is MAP@k."""
        found = self.hits[:, :k]
        at_hits = found * np.cumsum(found, axis=1) / (np.arange(found.shape[1]) + 1.0)
        return _share(at_hits.sum(axis=1), np.minimum(self.relevant, k), self.relevant)

    def by_name(self, ks: Sequence[int]) -> dict[str, NDArray[np.float64]]:
        """Every metric at every k, under the names used in all tables: recall@10, ndcg@10, …"""
        kinds: dict[str, Callable[[int], NDArray[np.float64]]] = {
            "recall": self.recall, "precision": self.precision,
            "ndcg": self.ndcg, "map": self.average_precision,
        }  # fmt: skip
        return {f"{name}@{k}": metric(k) for k in ks for name, metric in kinds.items()}


def judge(ranked: ArrayLike, offsets: ArrayLike, titles: ArrayLike) -> Judged:
    """Compare lists with relevant titles in compressed rows, such as those of `Histories`.

    Profile p finds relevant what stands in `titles[offsets[p]:offsets[p + 1]]`; repeats count once.
    """
    lists, starts, wanted = np.asarray(ranked), np.asarray(offsets), np.asarray(titles, np.int64)
    profiles = len(starts) - 1
    width = max(int(lists.max(initial=0)), int(wanted.max(initial=0))) + 1
    pairs = np.unique(np.repeat(np.arange(profiles), np.diff(starts)) * width + wanted)
    listed = np.arange(profiles)[:, None] * width + lists
    hits = np.isin(listed, pairs) & (lists >= 0)
    return Judged(hits, np.bincount(pairs // width, minlength=profiles).astype(np.int64))


class Interval(NamedTuple):
    """A mean and the ends of its bootstrap interval."""

    mean: float
    low: float
    high: float
    profiles: int
    """How many have a value."""


def interval(values: NDArray[np.float64], seed: int, confidence: float = 0.95) -> Interval:
    """The mean over profiles with its percentile bootstrap interval; NaN values are left out.

    Equal seeds draw equal profiles, so the interval of `a - b` is the paired one.
    """
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    draws = np.random.default_rng(seed)
    per_block = max(1, BLOCK_VALUES // len(known))
    means = np.concatenate([
        known[draws.integers(0, len(known), (min(per_block, ROUNDS - start), len(known)))].mean(1)
        for start in range(0, ROUNDS, per_block)
    ])  # fmt: skip
    tail = 100 * (1 - confidence) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return Interval(float(known.mean()), float(low), float(high), len(known))


def paired_difference(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], seed: int, confidence: float = 0.95
) -> Interval:
    """Mean and interval of ours minus theirs, profile by profile."""
    return interval(ours - theirs, seed, confidence)


def auc(outcomes: ArrayLike, scores: ArrayLike) -> float:
    """The chance that a true outcome scores above a false one, ties half; NaN without both.

    >>> auc([1, 1, 0, 0], [.9, .4, .4, .1])
    0.875
    """
    from scipy.stats import rankdata

    true = np.asarray(outcomes, bool)
    positives, negatives = int(true.sum()), int((~true).sum())
    if positives == 0 or negatives == 0:
        return float("nan")
    ranks = float(rankdata(np.asarray(scores))[true].sum())
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def pr_auc(outcomes: ArrayLike, scores: ArrayLike) -> float:
    """Average precision: precision at each threshold, weighted by the recall it adds.

    Equal scores share a threshold, so that their order cannot matter. NaN without a true outcome.

    >>> pr_auc([1, 0, 1, 0], [.9, .8, .7, .1])
    0.8333333333333333
    """
    values = np.asarray(scores, np.float64)
    order = np.argsort(-values, kind="stable")
    true, ordered = np.asarray(outcomes, bool)[order], values[order]
    if not true.any():
        return float("nan")
    last_of_tie = np.append(np.nonzero(np.diff(ordered))[0], len(ordered) - 1)
    found = np.cumsum(true)[last_of_tie]
    gained = np.diff(np.concatenate(([0], found)))
    return float((gained * found / (last_of_tie + 1)).sum() / true.sum())


class Reliability(NamedTuple):
    """What a calibration picture shows: per bin, what was said and what happened."""

    predicted: NDArray[np.float64]
    happened: NDArray[np.float64]
    counts: NDArray[np.int64]


def reliability(outcomes: ArrayLike, probabilities: ArrayLike, bins: int = 15) -> Reliability:
    """Mean prediction and mean outcome in bins of equally many examples, in rising order.

    Equal counts, because bins of equal width hold almost everything in the first when outcomes
    are rare.
    """
    said = np.asarray(probabilities, np.float64)
    order = np.argsort(said, kind="stable")
    groups = [group for group in np.array_split(order, bins) if len(group)]
    happened = np.asarray(outcomes, np.float64)
    return Reliability(
        np.array([said[group].mean() for group in groups]),
        np.array([happened[group].mean() for group in groups]),
        np.array([len(group) for group in groups], np.int64),
    )


def calibration_error(outcomes: ArrayLike, probabilities: ArrayLike, bins: int = 15) -> float:
    """ECE: the mean distance of prediction and outcome over bins, weighted by their counts."""
    said, happened, counts = reliability(outcomes, probabilities, bins)
    return float((np.abs(said - happened) * counts).sum() / counts.sum())


def _share(
    part: NDArray[np.float64],
    whole: NDArray[np.float64] | NDArray[np.int64],
    relevant: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Part over whole where there was something to find, else NaN."""
    return np.where(relevant > 0, part / np.maximum(whole, 1e-12), np.nan)
