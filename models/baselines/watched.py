"""Turn histories into the matrix of who watched what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from features.histories import Histories


def watched_matrix(histories: Histories, block: slice | None = None) -> csr_matrix:
    """[profiles, titles] 1 where the profile watched the title, however often."""
    from scipy.sparse import csr_matrix

    rows = slice(0, len(histories.profile_ids)) if block is None else block
    starts = histories.offsets[rows.start : rows.stop + 1]
    codes = histories.titles[starts[0] : starts[-1]].copy()  # summing duplicates moves them
    shape = (len(starts) - 1, len(histories.title_ids))
    matrix = csr_matrix((np.ones(len(codes), np.float32), codes, starts - starts[0]), shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix
