"""Score titles by a profile's last few, with NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.last_titles.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from features.histories import Histories


@dataclass(frozen=True)
class LastTitles:
    """A title is likely next where it lies along the weighted sum of those watched last."""

    watched: NDArray[np.float32]
    """[titles, dimension] where titles point once watched"""
    coming: NDArray[np.float32]
    """[titles, dimension] where titles lie as what comes next"""
    weights: NDArray[np.float32]
    """[length] what the newest title says, the second newest, …"""
    popularity: NDArray[np.float32]
    """[titles] the score of a title when nothing was watched before"""

    @classmethod
    def fit(cls, histories: Histories, seed: int) -> LastTitles:
        """Learn from every watch of the histories; equal data and seed give equal weights."""
        from models.last_titles.training import train  # TensorFlow is loaded only here

        recipe = Recipe.for_size(len(histories.title_ids), len(histories.titles), seed)
        return train(histories, recipe)

    def of_titles(self, own: Sequence[str], wanted: Sequence[str]) -> LastTitles:
        """The same model by other codes: `own` are its titles, `wanted` those that it shall score.

        A title that it does not know says nothing, and is as likely as the least likely it knows.
        """
        codes = {title_id: code for code, title_id in enumerate(own)}
        places = np.array([codes.get(title_id, -1) for title_id in wanted], np.int64)
        known = places >= 0
        least = self.popularity.min() if len(self.popularity) else 0.0
        return LastTitles(
            np.where(known[:, None], self.watched[places], 0).astype(np.float32),
            np.where(known[:, None], self.coming[places], 0).astype(np.float32),
            self.weights,
            np.where(known, self.popularity[places], least).astype(np.float32),
        )

    def scores(self, last_titles: NDArray[np.int32]) -> NDArray[np.float32]:
        """[block, titles] log-odds of what comes next, up to a constant a row.

        `last_titles` is [block, length or less], most recent first, -1 where there is none;
        `models.last_titles.newest` makes it of histories.
        """
        nothing = np.zeros((1, self.watched.shape[1]), np.float32)
        vectors = np.concatenate([self.watched, nothing])[last_titles]  # -1 is the row behind all
        pointed = np.einsum("l,bld->bd", self.weights[: last_titles.shape[1]], vectors)
        scores: NDArray[np.float32] = pointed @ self.coming.T + self.popularity
        return scores
