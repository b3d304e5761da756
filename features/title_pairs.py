"""Score pairs of titles: those watched by the same profiles, and those watched one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from features.histories import Histories

    Matrix = csr_matrix | NDArray[np.floating]
    """[titles, titles] scores, sparse or dense."""

CO_WATCH_LENGTH = 50
"""How many of a profile's newest titles vote: on MovieLens-100k 50 votes come within .02 nDCG@10 of
all of them on a random split, and within .002 of the best on a time split."""
CO_WATCH_SHRINKAGE = 10.0
"""A pair shared by n profiles is believed n / (n + 10): nDCG@10 .145 instead of .141 (time split)."""
FEWEST_CO_WATCHES = 2
"""One profile is no pattern, and leaving it out keeps the matrix sparse on large catalogues."""
TRANSITION_REACH = 5
"""A watch counts as following each of the five before it; 1, 3, 10 and 20 measured worse."""
TRANSITION_UNIT = 60
"""One transition to the very next watch; 60 / distance is whole for every distance up to five, so
that counts add and subtract without rounding."""
BLOCK_CELLS = 1 << 24
"""How many cells of a matrix are counted at once."""
DOUBLE_CELLS, DENSE_CELLS = 1 << 25, 1 << 27
"""The most cells held densely for the sake of speed, in eight bytes each (5,800 titles) and in four
(11,500 titles): half a gigabyte at most."""
LAST_WEIGHTS = (1.0, 1 / 2, 1 / 3)
"""What the newest, second and third newest title say about the next one."""


def co_watches(h: Histories) -> csr_matrix:
    """[titles, titles] float64, symmetric: the shrunk cosine of the audiences of two titles, in 0..1.

    Made of blocks of rows, so that no more than a block of counts stands in memory beside it.
    """
    from scipy.sparse import csr_matrix, vstack

    shape = (len(h.profile_ids), len(h.title_ids))
    watched = csr_matrix((np.ones(len(h.titles)), (h.profiles, h.titles)), shape)
    watched.data[:] = 1.0  # the constructor has added up repeated watches
    by_title = watched.T.tocsr()
    audience = np.asarray(watched.sum(axis=0)).ravel()
    height = max(1, BLOCK_CELLS // max(1, shape[1]))
    blocks = [csr_matrix((0, shape[1]))]
    for start in range(0, shape[1], height):
        counts = (by_title[start : start + height] @ watched).tocoo()
        row, col = counts.row + start, counts.col
        kept = (row != col) & (counts.data >= FEWEST_CO_WATCHES)
        cosine = believed(counts.data[kept]) / np.sqrt(audience[row[kept]] * audience[col[kept]])
        blocks.append(csr_matrix((cosine, (counts.row[kept], col[kept])), counts.shape))
    stacked: csr_matrix = vstack(blocks, format="csr")
    return stacked


def believed(both: NDArray[np.floating]) -> NDArray[np.float64]:
    """How far a number of shared profiles is believed, elementwise: few of them mean little."""
    shrunk = both * both / (both + CO_WATCH_SHRINKAGE)
    kept: NDArray[np.float64] = np.where(both >= FEWEST_CO_WATCHES, shrunk, 0.0)
    return kept


def co_watch_scores(matrix: Matrix, last_titles: NDArray[np.int32]) -> NDArray[np.float64]:
    """[block, titles] the mean likeness of each title to those a profile watched last.

    `last_titles` is [block, length], -1 where there is none; a profile without any scores 0.
    """
    known = (last_titles >= 0).sum(axis=1, keepdims=True)
    votes = _votes(matrix, last_titles, np.ones(last_titles.shape[1]))
    scores: NDArray[np.float64] = _dense(votes @ matrix) / np.maximum(known, 1)
    return scores


def transitions(h: Histories) -> csr_matrix:
    """[titles, titles] float64: how often the column was watched within five watches of the row.

    A distance of d counts 1 / d. Nobody knows the order of watches that share a time, so they count
    in both directions. Watching the same title on is no transition.
    """
    from scipy.sparse import csr_matrix

    size = len(h.title_ids)
    first, second, units = transition_steps(h.profiles, h.titles, h.times)
    cells = (h.titles[first], h.titles[second])
    counts = csr_matrix((units.astype(np.float64), cells), (size, size))
    counts.data /= TRANSITION_UNIT
    return counts


def transition_steps(
    profiles: NDArray[np.integer], titles: NDArray[np.int32], times: NDArray[np.generic]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The transitions of watches ordered by profile, time and title: positions from and to, units.

    Units are sixtieths of a transition; a pair of titles may occur many times.
    """
    changed = np.ones(len(titles), bool)
    changed[1:] = (titles[1:] != titles[:-1]) | (profiles[1:] != profiles[:-1])
    kept = np.flatnonzero(changed)
    parts = []
    for distance in range(1, TRANSITION_REACH + 1):
        before, after = kept[:-distance], kept[distance:]
        moved = (profiles[before] == profiles[after]) & (titles[before] != titles[after])
        tied = moved & (times[before] == times[after])
        units = TRANSITION_UNIT // distance
        parts.append((before[moved], after[moved], np.full(moved.sum(), units)))
        parts.append((after[tied], before[tied], np.full(tied.sum(), units)))
    first, second, counted = (np.concatenate(column) for column in zip(*parts, strict=True))
    return first, second, counted


def transition_scores(matrix: Matrix, last_titles: NDArray[np.int32]) -> NDArray[np.float64]:
    """[block, titles] log(1 + weighted transitions from a profile's last three titles).

    `last_titles` is [block, 3 or more], newest first, -1 where there is none.
    """
    newest = last_titles[:, : len(LAST_WEIGHTS)]
    votes = _votes(matrix, newest, np.asarray(LAST_WEIGHTS)[: newest.shape[1]])
    scores: NDArray[np.float64] = np.log1p(_dense(votes @ matrix))
    return scores


def fast(matrix: csr_matrix) -> Matrix:
    """The same matrix as it multiplies fastest: dense, if its catalogue is not too large for that.

    Above 5,800 titles a dense matrix is float32, and scores have seven digits instead of sixteen.
    """
    cells = matrix.shape[0] * matrix.shape[1]
    if cells > DENSE_CELLS:
        return matrix
    dense: NDArray[np.floating] = matrix.astype(
        np.float64 if cells <= DOUBLE_CELLS else np.float32
    ).toarray()
    return dense


def _dense(product: Matrix) -> NDArray[np.floating]:
    return product if isinstance(product, np.ndarray) else product.toarray()


def _votes(
    matrix: Matrix, last_titles: NDArray[np.int32], weights: NDArray[np.float64]
) -> csr_matrix:
    """[block, titles] the weight that each of the last titles carries, as precise as the matrix."""
    from scipy.sparse import csr_matrix

    rows, places = np.nonzero(last_titles >= 0)
    cells = (weights[places].astype(matrix.dtype), (rows, last_titles[rows, places]))
    return csr_matrix(cells, (len(last_titles), matrix.shape[0]))
