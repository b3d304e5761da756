"""Rank with every contender at one moment and judge the lists by what was watched after."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.recommend.rank import rank
from models.baselines import Ease, Popularity, TooManyTitles, TransitionCounts
from models.metrics import judge
from models.ranker.night_ranker import NightRanker
from models.top_titles import blocks, top_titles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from features.histories import Histories
    from jobs.training.snapshot import Snapshot, World
    from models.metrics import Judged
    from models.ranker.ranker import Ranker
    from models.ranker.scores import Vectors
    from models.top_titles import Scores

METRIC = "ndcg@10"
"""What the gate compares."""
KS = (10, 20)


class ByVectors:
    """The two-tower model alone, as anything that scores all titles."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def scores(self, histories: Histories, block: slice) -> NDArray[np.float32]:
        """[block, titles]"""
        del histories
        return self._vectors.profile_vectors[block] @ self._vectors.title_vectors.T


def contenders(
    snapshot: Snapshot, ranker: Ranker | None, length: int
) -> Iterator[tuple[str, NDArray[np.int32]]]:
    """Name and [profiles, length] lists of each model, of titles that the filters leave.

    EASE is left out above its limit of titles.
    """
    h = snapshot.histories
    yield "popularity", allowed_titles(snapshot, Popularity(h), length)
    with contextlib.suppress(TooManyTitles):
        yield "ease", allowed_titles(snapshot, Ease(h), length)
    yield "transitions", allowed_titles(snapshot, TransitionCounts(h), length)
    if snapshot.two_tower is not None:
        yield "two_tower", allowed_titles(snapshot, ByVectors(snapshot.two_tower), length)
    if ranker is not None:
        yield "funnel", funnel_lists(snapshot, ranker, length)


def allowed_titles(snapshot: Snapshot, model: Scores, length: int) -> NDArray[np.int32]:
    """[profiles, length] what a model puts first of what the funnel may show.

    Filters are no part of a model: who may list what has left, or was watched, plays another game.
    """
    h, funnel = snapshot.histories, snapshot.funnel
    lists = np.full((len(h.profile_ids), length), -1, np.int32)
    for block in blocks(len(h.profile_ids), len(h.title_ids)):
        removed = funnel.filters.verdicts(h, funnel.audience, block) != 0
        lists[block] = top_titles(np.where(removed, -np.inf, model.scores(h, block)), length)
    return lists


def funnel_lists(snapshot: Snapshot, ranker: Ranker, length: int) -> NDArray[np.int32]:
    """[profiles, length] what the whole funnel would put first: candidates, filters, ranker."""
    utility = NightRanker(ranker, snapshot.knowledge)
    h = snapshot.histories
    lists = np.full((len(h.profile_ids), length), -1, np.int32)
    for block in blocks(len(h.profile_ids), len(h.title_ids)):
        codes = rank(snapshot.funnel.candidates(block), block, utility).codes[:, :length]
        lists[block, : codes.shape[1]] = codes
    return lists


def funnel_values(snapshot: Snapshot, later: World, ranker: Ranker) -> NDArray[np.float64]:
    """[profiles] the gate's metric of the whole funnel with this ranker, NaN where there is none."""
    offsets, titles = snapshot.watched_after(later)
    lists = funnel_lists(snapshot, ranker, max(KS))
    return judge(lists, offsets, titles).by_name(KS)[METRIC]


@dataclass(frozen=True)
class Judgement:
    """What each contender gave each profile."""

    lists: dict[str, Judged]

    @property
    def values(self) -> dict[str, NDArray[np.float64]]:
        """Contender to [profiles] the gate's metric, NaN where a profile has none."""
        return {name: found.by_name(KS)[METRIC] for name, found in self.lists.items()}


def judgement(snapshot: Snapshot, later: World, ranker: Ranker | None) -> Judgement:
    """Judge every contender at a moment by what warm profiles watched later."""
    offsets, titles = snapshot.watched_after(later)
    return Judgement({
        name: judge(lists, offsets, titles)
        for name, lists in contenders(snapshot, ranker, max(KS))
    })  # fmt: skip
