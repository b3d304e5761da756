"""Find the models that are live for a night, and make a source and a utility of them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.ranking import NightFeatures
from features.watches import microseconds, midnight_after
from jobs.recommend.sources import TwoTower
from jobs.training.two_tower_nights import TWO_TOWER
from jobs.training.verdicts import RANKER, live_for
from lakehouse.catalog import PROFILE_FEATURES, PROFILES, TITLE_FEATURES, TITLE_VECTORS, TITLES
from models.ann_index import load_bound
from models.ranker import ranker as rankers
from models.ranker.night_ranker import Knowledge, NightRanker
from models.ranker.scores import ScoreModels
from models.two_tower import ProfileAttributes, TitleAttributes
from models.two_tower import load as load_towers
from models.two_tower.towers import Ranking

if TYPE_CHECKING:
    from datetime import date

    from features.histories import Histories
    from jobs.recommend.policy import Policy
    from jobs.recommend.rank import Utility
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake
    from models.ann_index import Index

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LiveTowers:
    """The two-tower model of a night's title vectors, bound to its histories, and its index."""

    vectors: Ranking
    index: Index
    histories: Histories

    def source(self, policy: Policy) -> TwoTower:
        """The source of candidates; it searches as deep as the longest history may ask."""
        budget = next(one.titles for one in policy.budgets if one.source == "two_tower")
        places = {title_id: code for code, title_id in enumerate(self.histories.title_ids)}
        codes = np.array([places.get(one, -1) for one in self.index.title_ids], np.int32)
        longest = min(int(self.histories.lengths.max(initial=0)), policy.deepest_watched)
        return TwoTower(self.vectors.profile_vectors, self.index, codes, budget + longest)


def live_towers(lake: Lake, night: date, histories: Histories) -> LiveTowers | None:
    """The model that the newest title vectors are from; None before there are any.

    Raises IndexMismatch where index and model do not belong together.
    """
    made = lake.newest_night(TITLE_VECTORS, night)
    if made is None:
        return None
    hashes = lake.arrow(TITLE_VECTORS, made, ["model_hash"])["model_hash"].unique().to_pylist()
    if not hashes:
        return None  # that night had no titles
    folder = lake.settings.at("models", TWO_TOWER, hashes[0])
    index = load_bound(lake.settings.at("index", made.isoformat()), folder)
    titles = TitleAttributes.of(lake.arrow(TITLES, night))
    profiles = ProfileAttributes.of(lake.arrow(PROFILES, night))
    return LiveTowers(Ranking(load_towers(folder), histories, titles, profiles), index, histories)


def live_ranker(
    lake: Lake, night: date, histories: Histories, towers: LiveTowers | None
) -> Utility | None:
    """The utility of the ranker that the gate let live; None where it never let one."""
    model_hash = ranker_hash(lake.settings, night)
    if model_hash is None:
        return None
    ranker = rankers.load(lake.settings.at("models", RANKER, model_hash))
    if towers is None and TWO_TOWER in ranker.score_names:
        log.warning("The live ranker needs a two-tower model, and no title has a vector.")
        return None
    tables = lake.arrow(PROFILE_FEATURES, night), lake.arrow(TITLE_FEATURES, night)
    features = NightFeatures.of_tables(histories, *tables, microseconds(midnight_after(night)))
    vectors = towers.vectors if towers else None
    scores = ScoreModels.of(histories, vectors, ranker.last_titles(histories.title_ids))
    return NightRanker(ranker, Knowledge(features, scores))


def ranker_hash(settings: Settings, night: date) -> str | None:
    """The live ranker; for an earlier night than the newest, the one that was live then."""
    return live_for(settings, night).get(RANKER)
