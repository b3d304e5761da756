"""Give the utility of any pairs of a night: its features, its score models and a ranker together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.ranking import ranking_columns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from features.ranking import NightFeatures
    from models.ranker.ranker import Ranker
    from models.ranker.scores import ScoreModels


@dataclass(frozen=True)
class Knowledge:
    """All that a moment knows about pairs of profile and title codes of its histories."""

    night: NightFeatures
    scores: ScoreModels

    def columns(
        self, profiles: NDArray[np.int32], titles: NDArray[np.int32]
    ) -> dict[str, NDArray[np.generic]]:
        """[pairs] every declared feature and every score, by name."""
        declared = ranking_columns(self.night, profiles, titles)
        return {**declared, **self.scores.columns(profiles, titles)}


@dataclass(frozen=True)
class NightRanker:
    """A utility as `jobs.recommend` asks for it."""

    ranker: Ranker
    knowledge: Knowledge

    def __call__(
        self, profiles: NDArray[np.int32], titles: NDArray[np.int32]
    ) -> NDArray[np.float32]:
        """[pairs] utilities; pairs that come sorted by profile are fastest."""
        return self.ranker.utilities(self.knowledge.columns(profiles, titles))
