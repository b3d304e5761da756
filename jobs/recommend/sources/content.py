"""Propose titles of the kind that a profile watches, whether or not anyone watched them yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jobs.recommend.sources.source import last_titles
from models.top_titles import top_titles

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from features.histories import Histories
    from jobs.recommend.attributes import Catalogue
    from jobs.recommend.policy import Policy


class Content:
    """The titles whose genres, decade and franchise are nearest to those of the newest watches.

    A title is a vector of length one over what is known of it, rare things weighing more
    (log(titles / titles with it)); a profile is the sum of its watches, and nearness their cosine.
    Titles and profiles of which nothing is known have none.
    """

    name = "content"

    def __init__(self, histories: Histories, catalogue: Catalogue, policy: Policy) -> None:
        self.vectors = content_vectors(catalogue)
        self._known = np.diff(self.vectors.indptr) > 0
        plays = np.bincount(histories.titles, minlength=len(histories.title_ids))
        popularity = np.log1p(plays) / max(np.log1p(plays.max(initial=0)), 1.0)
        self._prior = (policy.content_popularity * popularity).astype(np.float32)
        self._histories = histories
        self._length = policy.content_history

    def candidates(self, block: slice, depth: int) -> NDArray[np.int32]:
        """[block, depth]"""
        newest = last_titles(self._histories, block, self._length)
        tastes = self._tastes(newest)
        scores = np.asarray((self.vectors @ tastes.T).T, np.float32) + self._prior
        scores[:, ~self._known] = -np.inf
        scores[~tastes.any(axis=1)] = -np.inf
        return top_titles(scores, depth)

    def _tastes(self, newest: NDArray[np.int32]) -> NDArray[np.float32]:
        """[block, features] the sum of the watched titles' vectors, of length one."""
        from scipy.sparse import csr_matrix

        rows, places = np.nonzero(newest >= 0)
        watched = csr_matrix(
            (np.ones(len(rows), np.float32), (rows, newest[rows, places])),
            (len(newest), self.vectors.shape[0]),
        )
        tastes: NDArray[np.float32] = (watched @ self.vectors).toarray()
        tastes /= np.maximum(np.linalg.norm(tastes, axis=1, keepdims=True), 1e-9)
        return tastes


def content_vectors(catalogue: Catalogue) -> csr_matrix:
    """[titles, genres + decades + franchises] of length one, empty where nothing is known."""
    from scipy.sparse import csr_matrix, diags, hstack

    decades = np.where(np.isnan(catalogue.years), -1, catalogue.years // 10).astype(np.int64)
    parts = [csr_matrix(catalogue.genres, dtype=np.float32)]
    parts += [_one_hot(codes) for codes in (decades, catalogue.franchises) if (codes >= 0).any()]
    known = hstack(parts).tocsr().astype(np.float32)
    titles = np.maximum(np.bincount(known.indices, minlength=known.shape[1]), 1)
    weighted = known @ diags(np.log1p(len(catalogue.title_ids) / titles).astype(np.float32))
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return (diags((1 / np.maximum(lengths, 1e-9)).astype(np.float32)) @ weighted).tocsr()


def _one_hot(codes: NDArray[np.integer]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    rows = np.nonzero(codes >= 0)[0]
    _, columns = np.unique(codes[rows], return_inverse=True)
    shape = (len(codes), int(columns.max()) + 1)
    return csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape)
