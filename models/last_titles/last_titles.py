"""Score titles by a profile's last few, with NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.last_titles.recipe import Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.histories import Histories


@dataclass(frozen=True)
class LastTitles:
    """A title is likely next where its vector lies along the weighted sum of those watched last.

    Titles stand in one space as what was watched and as what comes, and as likely as they are.
    """

    vectors: NDArray[np.float32]
    """[titles, dimension]"""
    weights: NDArray[np.float32]
    """[length] what the newest title says, the second newest, …"""
    popularity: NDArray[np.float32]
    """[titles] the score of a title when nothing was watched before"""

    @classmethod
    def fit(cls, histories: Histories, seed: int) -> LastTitles:
        """Learn from every watch of the histories; equal data and seed give equal weights."""
        from models.last_titles.training import train  # TensorFlow is loaded only here

        return train(histories, Recipe.for_size(len(histories.title_ids), seed))

    def scores(self, last_titles: NDArray[np.int32]) -> NDArray[np.float32]:
        """[block, titles] log-odds of what comes next, up to a constant a row.

        `last_titles` is [block, length or less], most recent first, -1 where there is none;
        `models.last_titles.newest` makes it of histories.
        """
        nothing = np.zeros((1, self.vectors.shape[1]), np.float32)
        vectors = np.concatenate([self.vectors, nothing])[last_titles]  # -1 is the row behind all
        pointed = np.einsum("l,bld->bd", self.weights[: last_titles.shape[1]], vectors)
        scores: NDArray[np.float32] = pointed @ self.vectors.T + self.popularity
        return scores
