"""Stand beside every model: popularity, EASE, transition counts."""

from models.baselines.baseline import Baseline
from models.baselines.ease import MOST_TITLES, Ease, TooManyTitles
from models.baselines.popularity import Popularity
from models.baselines.transition_counts import TransitionCounts

__all__ = ["MOST_TITLES", "Baseline", "Ease", "Popularity", "TooManyTitles", "TransitionCounts"]
