"""Score titles by which others a profile watched: one matrix of titles x titles each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.title_pairs import transitions
from models.baselines.watched import watched_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from features.histories import Histories

RIDGE = 10.0
"""Rows have length one: 10 gave .480 to .484 nDCG@10 on ML-100k random splits, 3 and 30 less."""
SHRINKAGE = 10.0  # transitions that every title is given before its own count
FAINTEST = 1e-4  # what a logarithm is kept from going below
POPULARITY_POWER = 0.5
POPULARITY_SHRINKAGE = 5.0  # profiles that every title is given before its own
FAINTEST_WALK = 1e-6
WALKS_KEPT = 200  # of each title: the rest are noise, and a page of 10,000 titles must stay cheap
TITLES_AT_ONCE = 1_000


class Ridge:
    """Predict what a profile watches from its history scaled to length one, by one ridge regression.

    With rows x of length one and what they watched y: weights = inverse(X'X + ridge I) X'Y. Unlike
    EASE it may copy, which the shrinkage keeps small, and light viewers count as much as heavy ones.
    """

    def __init__(self, histories: Histories) -> None:
        watched = watched_matrix(histories).astype(np.float64)
        scaled = _unit_rows(watched)
        gram = (scaled.T @ scaled).toarray()
        gram[np.diag_indices(len(gram))] += RIDGE
        wanted = (scaled.T @ watched).toarray()
        self.weights = np.linalg.solve(gram, wanted).astype(np.float32)

    def scores(self, watched: csr_matrix) -> NDArray[np.float32]:
        """[block, titles]"""
        return np.asarray(_unit_rows(watched) @ self.weights, np.float32)


def _unit_rows(watched: csr_matrix) -> csr_matrix:
    from scipy.sparse import diags

    lengths = np.sqrt(np.asarray(watched.sum(axis=1)).ravel())
    scaled: csr_matrix = (diags(1 / np.maximum(lengths, 1)) @ watched).astype(watched.dtype).tocsr()
    return scaled


def nearness(histories: Histories) -> csr_matrix:
    """[titles, titles] how often two titles were watched within five watches of each other."""
    forward = transitions(histories)
    both: csr_matrix = (forward + forward.T).tocsr().astype(np.float32)
    return both


class Near:
    """How near a title is watched to those of a profile's whole history, in logarithms.

    A pair counts over the product of both titles' counts to a power: 1/2 as in a cosine, which
    favours what is common, 1 as in a lift, which favours what is rare.
    """

    def __init__(self, near: csr_matrix, power: float) -> None:
        from scipy.sparse import diags

        counts = np.asarray(near.sum(axis=0), np.float32).ravel() + SHRINKAGE
        scale = diags((counts / counts.mean()) ** -power)
        self._near = (scale @ near @ scale / counts.mean()).astype(np.float32).tocsr()

    def scores(self, watched: csr_matrix) -> NDArray[np.float32]:
        """[block, titles]"""
        return _log_of_mean(watched, self._near, FAINTEST)


class RandomWalk:
    """Walk from a title to a profile that watched it, and on to another of its titles.

    RP3-beta (Paudel et al. 2017, doi:10.1145/2955101): the chance of arriving over a power of how
    many watched the title, in logarithms; every title keeps its WALKS_KEPT most likely ends.
    """

    def __init__(self, histories: Histories) -> None:
        from scipy.sparse import csr_matrix, diags, vstack

        watched = watched_matrix(histories).astype(np.float32)
        counts = np.asarray(watched.sum(axis=0), np.float32).ravel()
        lengths = np.asarray(watched.sum(axis=1), np.float32).ravel()
        there = (diags(1 / np.maximum(counts, 1)) @ watched.T).tocsr()
        back = (diags(1 / np.maximum(lengths, 1)) @ watched).tocsr()
        fame = (counts + POPULARITY_SHRINKAGE) ** POPULARITY_POWER
        blocks = []
        for start in range(0, len(counts), TITLES_AT_ONCE):
            chances = (there[start : start + TITLES_AT_ONCE] @ back).toarray() / fame
            blocks.append(csr_matrix(_largest(chances, WALKS_KEPT)))
        self._ends = vstack(blocks, format="csr", dtype=np.float32)

    def scores(self, watched: csr_matrix) -> NDArray[np.float32]:
        """[block, titles]"""
        return _log_of_mean(watched, self._ends, FAINTEST_WALK)


def _log_of_mean(watched: csr_matrix, pairs: csr_matrix, faintest: float) -> NDArray[np.float32]:
    """[block, titles] the logarithm of what each title is to those that were watched, on the mean."""
    told = np.maximum(np.asarray(watched.sum(axis=1)), 1)
    return np.asarray(np.log((watched @ pairs).toarray() / told + faintest), np.float32)


def _largest(rows: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """The largest of each row, 0 elsewhere; equal ones are kept together."""
    if rows.shape[1] <= count:
        return rows
    least = np.partition(rows, -count, axis=1)[:, -count, None]
    return np.where(rows >= least, rows, 0)
