"""Make a night of any size: histories with tastes, attributes, features, title pairs, vectors, a ranker."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from features.declared import PROFILE, TITLE
from features.genres import TitleGenres
from features.histories import Histories
from features.ranking import NightFeatures
from features.title_pairs import CO_WATCH_LENGTH, co_watches, transitions
from features.watches import Watches, microseconds, midnight_after
from jobs.recommend.attributes import Audience, Catalogue
from jobs.recommend.funnel import Funnel
from jobs.recommend.sources import TwoTower
from models.ann_index import choose
from models.last_titles import LastTitles
from models.ranker.calibration import Line
from models.ranker.encoding import Encoding
from models.ranker.heads import HEADS
from models.ranker.network import Recipe
from models.ranker.night_ranker import Knowledge, NightRanker
from models.ranker.ranker import Ranker
from models.ranker.scores import ScoreModels

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from features.declared import Feature
    from features.ranking import Column
    from jobs.recommend.rank import Utility

NIGHT = date(2026, 1, 31)
WATCHES = 40  # a profile, on average
CLUSTERS = 50
GENRES = [f"genre {n}" for n in range(20)]
DIMENSION = 64
PAIRED = 20_000  # profiles from whom title pairs are counted: more only sharpens the counts
PAIRS_A_TITLE = 100  # as the tables of pairs hold


@dataclass
class Vectors:
    """Random towers of tastes."""

    profile_vectors: NDArray[np.float32]
    title_vectors: NDArray[np.float32]


@dataclass(frozen=True)
class MadeNight:
    """Everything that the tables and models of a night would have said."""

    histories: Histories
    catalogue: Catalogue
    audience: Audience
    affinities: NDArray[np.float32]
    alike: csr_matrix
    follows: csr_matrix
    vectors: Vectors
    random: np.random.Generator

    def funnel(self) -> Funnel:
        """The candidate stage, with the index that the product would choose."""
        titles = self.catalogue.title_ids
        queries = self.vectors.profile_vectors[:2000]
        index = choose(
            titles, self.vectors.title_vectors, "made", queries, np.zeros(len(titles), bool)
        )
        places = np.arange(len(titles), dtype=np.int32)
        depth = 400 + int(min(self.histories.lengths.max(), 1000))
        return Funnel.of(
            self.histories, midnight_after(NIGHT).timestamp(), co_watches=self.alike,
            transitions=self.follows, catalogue=self.catalogue, audience=self.audience,
            two_tower=TwoTower(self.vectors.profile_vectors, index, places, depth),
        )  # fmt: skip

    def utility(self) -> Utility:
        """The product's features, score models and network; its weights are random, its size is not."""
        scores = ScoreModels.of(self.histories, self.vectors, self._last_titles())
        knowledge = Knowledge(self._features(), scores)
        some = np.sort(self.random.integers(0, len(self.histories.profile_ids), 20_000)).astype(
            np.int32
        )
        titles = self.random.integers(0, len(self.catalogue.title_ids), 20_000).astype(np.int32)
        encoding = Encoding.of(knowledge.columns(some, titles), scores.names)
        inputs, hidden, heads = len(encoding.inputs), Recipe().hidden, len(HEADS)
        draw = self.random.normal
        layers = {
            "bottom": draw(0, 0.1, (inputs, hidden)), "bottom_shift": np.zeros(hidden),
            "heads": draw(0, 0.1, (hidden, heads)), "wide": draw(0, 0.1, (inputs, heads)),
            "shift": np.zeros(heads),
        }  # fmt: skip
        typed = {name: layer.astype(np.float32) for name, layer in layers.items()}
        lines = {head.name: Line(1.0, -3.0) for head in HEADS}
        return NightRanker(Ranker(encoding, typed, lines, scores.names, {}), knowledge)

    def _last_titles(self) -> LastTitles:
        titles, draw = len(self.catalogue.title_ids), self.random.normal
        watched, coming = (draw(0, 0.1, (titles, DIMENSION)).astype(np.float32) for _ in range(2))
        weights, popularity = np.ones(5, np.float32), np.zeros(titles, np.float32)
        return LastTitles(watched, coming, weights, popularity)

    def _features(self) -> NightFeatures:
        profiles, titles = len(self.histories.profile_ids), len(self.catalogue.title_ids)
        genres = np.where(self.catalogue.genres, np.arange(len(GENRES)), -1).astype(np.int32)
        everyone = slice(0, profiles)
        last = self.histories.last_titles(CO_WATCH_LENGTH)[everyone]
        pairs = np.sort(Watches.of_histories(self.histories).pairs)
        return NightFeatures(
            self.histories, microseconds(midnight_after(NIGHT)),
            profile=self._columns(PROFILE, profiles), title=self._columns(TITLE, titles),
            affinities=np.pad(self.affinities.astype(np.float64), ((0, 0), (0, 1))),
            genres=TitleGenres(GENRES, -np.sort(-genres, axis=1)[:, :4]), last=last,
            alike=self.alike, follows=self.follows, watched=pairs,
        )  # fmt: skip

    def _columns(self, features: tuple[Feature, ...], size: int) -> dict[str, Column]:
        words = np.array([f"word {n}" for n in range(8)])
        made: dict[str, Column] = {}
        for feature in features:
            if feature.kind in ("number", "whole"):
                made[feature.name] = self.random.gamma(1.0, 5.0, size)
            elif feature.kind == "category":
                made[feature.name] = words[self.random.integers(0, len(words), size)]
        return made


class Timed:
    """A utility that adds up the time spent in it, over all threads."""

    def __init__(self, utility: Utility) -> None:
        self._utility = utility
        self._lock = threading.Lock()
        self.seconds = 0.0

    def __call__(
        self, profiles: NDArray[np.int32], titles: NDArray[np.int32]
    ) -> NDArray[np.float32]:
        """[pairs]"""
        begun = time.perf_counter()
        utilities = self._utility(profiles, titles)
        with self._lock:
            self.seconds += time.perf_counter() - begun
        return utilities


def of(profiles: int, titles: int, seed: int = 1) -> MadeNight:
    """Profiles watch titles of their cluster three times in four; both are long-tailed."""
    random = np.random.default_rng(seed)
    histories = made_histories(random, profiles, titles)
    few = min(profiles, PAIRED)
    ends = histories.offsets[: few + 1]
    some = Histories(
        histories.profile_ids[:few], histories.title_ids, ends,
        histories.titles[: ends[-1]], histories.times[: ends[-1]],
    )  # fmt: skip
    unknown = np.full(titles, np.nan)
    catalogue = Catalogue(
        histories.title_ids, histories.title_ids, np.ones(titles, bool), GENRES,
        random.random((titles, len(GENRES))) < 0.12, random.integers(1960, 2027, titles).astype(float),
        unknown, unknown, random.choice([0.0, 6.0, 12.0, 16.0, 18.0], titles), ["DE", "NL"],
        random.random((titles, 2)) < 0.8, random.integers(-1, 500, titles).astype(np.int32),
        np.ones(titles, bool),
    )  # fmt: skip
    audience = Audience(
        random.integers(0, 2, profiles).astype(np.int32),
        random.choice([12.0, 18.0, np.nan], profiles),
    )
    return MadeNight(
        histories, catalogue, audience,
        random.dirichlet(np.ones(len(GENRES)), profiles).astype(np.float32),
        strongest(co_watches(some)), strongest(transitions(some)),
        Vectors(unit(random, profiles), unit(random, titles)), random,
    )  # fmt: skip


def made_histories(random: np.random.Generator, profiles: int, titles: int) -> Histories:
    """About forty watches a profile in the last ninety days, few of many and many of few."""
    lengths = 1 + random.geometric(1 / WATCHES, profiles)
    total = int(lengths.sum())
    owners = np.repeat(np.arange(profiles), lengths)
    ranks = np.minimum(random.pareto(0.8, total) * titles / 200, titles - 1).astype(np.int64)
    cluster = np.repeat(random.integers(0, CLUSTERS, profiles), lengths)
    own = random.random(total) < 0.75
    codes = np.where(own, (ranks // CLUSTERS * CLUSTERS + cluster) % titles, ranks).astype(np.int32)
    times = midnight_after(NIGHT).timestamp() - random.random(total) * 90 * 86_400
    order = np.lexsort((codes, times, owners))
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    width = len(str(max(profiles, titles)))
    return Histories(
        [f"p{n:0{width}}" for n in range(profiles)], [f"t{n:0{width}}" for n in range(titles)],
        offsets, codes[order], times[order],
    )  # fmt: skip


def strongest(matrix: csr_matrix) -> csr_matrix:
    """Each title's best pairs, as the tables of pairs hold them."""
    from scipy.sparse import csr_matrix

    pairs = matrix.tocoo()
    order = np.lexsort((pairs.col, -pairs.data, pairs.row))
    row = pairs.row[order]
    kept = order[np.arange(len(row)) - np.searchsorted(row, row, side="left") < PAIRS_A_TITLE]
    return csr_matrix((pairs.data[kept], (pairs.row[kept], pairs.col[kept])), matrix.shape)


def unit(random: np.random.Generator, count: int) -> NDArray[np.float32]:
    """[count, dimension] random directions."""
    vectors = random.normal(size=(count, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
