"""Build the title pairs of a night: which titles share profiles, and which follow one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.title_pairs import co_watches, transitions
from features.watches import histories
from lakehouse.catalog import CO_WATCHES, TRANSITIONS

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa
    from scipy.sparse import csr_matrix

    from lakehouse.tables import Lake

PAIRS_A_TITLE = 100
"""How many pairs of each title are written: a source asks for some dozens of candidates."""


def best_pairs(matrix: csr_matrix, title_ids: list[str], other: str) -> pa.Table:
    """The strongest pairs of each title; among equals, those of the smaller title id."""
    import pyarrow as pa

    pairs = matrix.tocoo()
    order = np.lexsort((pairs.col, -pairs.data, pairs.row))
    row = pairs.row[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row, side="left")
    kept = order[rank < PAIRS_A_TITLE]
    ids = pa.array(title_ids, pa.string())
    return pa.table({
        "title_id": ids.take(pa.array(pairs.row[kept])),
        other: ids.take(pa.array(pairs.col[kept])),
        "score": pa.array(pairs.data[kept], pa.float64()),
    })  # fmt: skip


def main(lake: Lake, night: date) -> None:
    """Read what was watched by the end of the night and write both tables of pairs."""
    watched = histories(lake, night)
    alike = best_pairs(co_watches(watched), watched.title_ids, "other_title_id")
    lake.write(CO_WATCHES, alike, night)
    follow = best_pairs(transitions(watched), watched.title_ids, "next_title_id")
    lake.write(TRANSITIONS, follow, night)
