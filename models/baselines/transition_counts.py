"""Offer what others watched after the titles that a profile watched last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.title_pairs import LAST_WEIGHTS, transition_scores, transitions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.histories import Histories


class TransitionCounts:
    """A Markov chain over the last three titles; without order in time it knows little."""

    name = "transitions"

    def __init__(self, histories: Histories) -> None:
        self.counts = transitions(histories)

    def scores(self, histories: Histories, block: slice) -> NDArray[np.float32]:
        """[block, titles]"""
        last = histories.last_titles(len(LAST_WEIGHTS))[block]
        return np.asarray(transition_scores(self.counts, last), np.float32)
