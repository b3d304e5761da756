"""Predict each title from all others by one ridge regression with a closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lakehouse.errors import MarqueeError
from models.baselines.watched import watched_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from features.histories import Histories

MOST_TITLES = 20_000  # the inverse of a dense float64 matrix: 3.2 GB and some minutes on two cores
RIDGE = 400.0


class TooManyTitles(MarqueeError):
    """EASE was asked for a catalogue whose matrix does not fit."""

    def __init__(self, titles: int) -> None:
        super().__init__(
            f"EASE inverts a matrix of {titles:,} x {titles:,} titles, so it is left out above "
            f"{MOST_TITLES:,}: compare with the other baselines."
        )


class Ease:
    """EASE (Steck, 2019, arXiv:1905.03375): a linear autoencoder that may not copy.

    With G = X'X + ridge I and P = inverse(G), the weights are -P / diag(P), zero on the diagonal.
    """

    name = "ease"

    def __init__(self, histories: Histories, ridge: float = RIDGE) -> None:
        titles = len(histories.title_ids)
        if titles > MOST_TITLES:
            raise TooManyTitles(titles)
        watched = watched_matrix(histories).astype(np.float64)
        gram = (watched.T @ watched).toarray()
        gram[np.diag_indices(titles)] += ridge
        inverse = np.linalg.inv(gram)
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0.0)
        self.weights = weights.astype(np.float32)

    def scores(self, histories: Histories, block: slice) -> NDArray[np.float32]:
        """[block, titles]"""
        return self.of_watched(watched_matrix(histories, block))

    def of_watched(self, watched: csr_matrix) -> NDArray[np.float32]:
        """[block, titles] of what profiles watched, [block, titles]"""
        return np.asarray(watched @ self.weights, np.float32)
