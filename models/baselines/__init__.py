"""Stand beside every model: popularity, EASE, transition counts."""

from models.baselines.baseline import Baseline
from models.baselines.ease import Ease, TooManyTitles
from models.baselines.popularity import Popularity
from models.baselines.transition_counts import TransitionCounts

__all__ = ["Baseline", "Ease", "Popularity", "TooManyTitles", "TransitionCounts"]
