"""Write pages and counts as the tables of the catalog, without a loop over profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.recommend.pages import ROW_SOURCES
from jobs.recommend.policy import FILTERS, SOURCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from jobs.recommend.attributes import Catalogue
    from jobs.recommend.candidates import Candidates
    from jobs.recommend.pages import Pages

ROW_NAMES = ("Top picks for you", "", "Trending now", "New", "Popular", "")
"""By place in ROW_SOURCES; rows about a title or a genre are named after it."""


@dataclass(frozen=True)
class Labels:
    """Every name and source that a row can have: first the plain ones, then genres, then titles."""

    names: pa.Array
    sources: pa.Array
    title_ids: pa.Array
    genres: int

    @classmethod
    def of(cls, catalogue: Catalogue) -> Labels:
        """The labels of a night's titles and genres."""
        import pyarrow as pa

        genres, titles = catalogue.genre_names, catalogue.names
        names = [*ROW_NAMES, *genres, *(f"Because you watched {name}" for name in titles)]
        sources = [
            *ROW_SOURCES, *(f"genre:{name}" for name in genres),
            *["because_you_watched"] * len(titles),
        ]  # fmt: skip
        return cls(
            pa.array(names, pa.string()), pa.array(sources, pa.string()),
            pa.array(catalogue.title_ids, pa.string()), len(genres),
        )  # fmt: skip


def pages_table(
    pages: Pages, profile_ids: Sequence[str], regions: Sequence[str], labels: Labels
) -> pa.Table:
    """Rows of PAGES, one a profile, `night` aside."""
    import pyarrow as pa

    there = pages.sources >= 0
    rows = _rows(pages, there, labels)
    return pa.table(
        {
            "profile_id": pa.array(profile_ids, pa.string()),
            "region": pa.array(regions, pa.string()),
            "popular": pa.array(pages.popular),
            "rows": pa.ListArray.from_arrays(_offsets(there.sum(axis=1)), rows),
        }
    )


def _rows(pages: Pages, there: NDArray[np.bool_], labels: Labels) -> pa.StructArray:
    import pyarrow as pa

    titles = pages.titles[there]
    filled = titles >= 0
    offsets = _offsets(filled.sum(axis=1))
    because_of, genres = pages.because_of[there], pages.genres[there]
    label = np.where(genres >= 0, len(ROW_SOURCES) + genres, pages.sources[there])
    label = np.where(because_of >= 0, len(ROW_SOURCES) + labels.genres + because_of, label)
    columns = {
        "name": labels.names.take(pa.array(label)),
        "source": labels.sources.take(pa.array(label)),
        "because_of": labels.title_ids.take(pa.array(because_of, mask=because_of < 0)),
        "title_ids": pa.ListArray.from_arrays(
            offsets, labels.title_ids.take(pa.array(titles[filled]))
        ),
        "source_bits": pa.ListArray.from_arrays(
            offsets, pa.array(pages.bits[there][filled].astype(np.int32))
        ),
        "propensities": pa.ListArray.from_arrays(
            offsets, pa.array(pages.propensities[there][filled])
        ),
    }
    return pa.StructArray.from_arrays(list(columns.values()), list(columns))


def _offsets(counts: NDArray[np.int64]) -> pa.Array:
    import pyarrow as pa

    return pa.array(np.concatenate(([0], np.cumsum(counts))).astype(np.int32))


class Counts:
    """What sources gave and filters removed, added up block by block."""

    def __init__(self) -> None:
        self.asked = np.zeros(len(FILTERS), np.int64)
        self.removed = np.zeros(len(FILTERS), np.int64)
        self.candidates = np.zeros(len(SOURCES), np.int64)
        self.only_here = np.zeros(len(SOURCES), np.int64)
        self.slots = np.zeros(len(SOURCES), np.int64)
        self.pages = 0
        self.popular = 0

    def add(self, others: Counts) -> None:
        """Add the counts of another block."""
        for name, value in vars(others).items():
            setattr(self, name, getattr(self, name) + value)

    def add_candidates(self, candidates: Candidates) -> None:
        """Count a block's filtered proposals and the candidates that were left."""
        self.asked += candidates.asked
        self.removed += candidates.removed
        by_bits = _by_bits(candidates.bits)
        self.candidates += by_bits @ BIT_OF
        self.only_here += by_bits[1 << np.arange(len(SOURCES))]

    def add_pages(self, pages: Pages) -> None:
        """Count the slots that hold a title which each source proposed."""
        self.slots += _by_bits(pages.bits[pages.titles >= 0]) @ BIT_OF
        self.pages += len(pages.popular)
        self.popular += int(pages.popular.sum())

    def filter_table(self, in_force: Sequence[str]) -> pa.Table:
        """Rows of FILTER_COUNTS for the filters in force, `night` aside."""
        import pyarrow as pa

        places = [FILTERS.index(name) for name in in_force]
        return pa.table(
            {
                "filter": list(in_force), "candidates": self.asked[places],
                "removed": self.removed[places],
            }
        )  # fmt: skip

    def source_table(self) -> pa.Table:
        """Rows of SOURCE_COUNTS, `night` aside."""
        import pyarrow as pa

        return pa.table(
            {
                "source": list(SOURCES), "candidates": self.candidates,
                "only_here": self.only_here, "slots": self.slots,
            }
        )  # fmt: skip


BIT_OF = (np.arange(256)[:, None] >> np.arange(len(SOURCES))) & 1
"""[256, sources] which sources a byte of source bits names"""


def _by_bits(bits: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.bincount(bits.ravel(), minlength=256)
