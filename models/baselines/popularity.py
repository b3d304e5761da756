"""Offer everyone what most profiles watched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.baselines.watched import watched_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.histories import Histories


class Popularity:
    """The number of profiles that watched a title, the same for everyone."""

    name = "popularity"

    def __init__(self, histories: Histories) -> None:
        self.watchers = np.asarray(watched_matrix(histories).sum(axis=0), np.float32).ravel()

    def scores(self, histories: Histories, block: slice) -> NDArray[np.float32]:
        """[block, titles]"""
        return np.tile(self.watchers, (len(histories.profile_ids[block]), 1))
