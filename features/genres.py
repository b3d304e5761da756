"""Match what profiles like with what titles are, through dense tables of genres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.on_demand import genre_match

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

CELLS = 1 << 24
"""How many affinities are held densely at once: 128 MiB."""


@dataclass(frozen=True)
class TitleGenres:
    """The genres of titles as codes."""

    words: list[str]
    """All genres, sorted."""
    codes: NDArray[np.int32]
    """[titles, most genres of one] positions in `words`, -1 where a title has fewer."""

    @classmethod
    def of(cls, titles: pa.Table, title_ids: Sequence[str]) -> TitleGenres:
        """The genres that the catalogue gives to these titles; those outside it have none."""
        known = dict(zip(titles["title_id"].to_pylist(), titles["genres"].to_pylist(), strict=True))
        listed = [known.get(title_id) or [] for title_id in title_ids]
        words = sorted({word for one in listed for word in one})
        place = {word: code for code, word in enumerate(words)}
        codes = np.full((len(listed), max(map(len, listed), default=0)), -1, np.int32)
        for row, one in enumerate(listed):
            codes[row, : len(one)] = [place[word] for word in one]
        return cls(words, codes)

    def dense(self, shares: pa.ChunkedArray | pa.Array) -> NDArray[np.float64]:
        """[rows, genres + 1] a column of maps from genre to share; the last column is zero."""
        import pyarrow as pa
        import pyarrow.compute as pc

        maps = shares.combine_chunks() if isinstance(shares, pa.ChunkedArray) else shares
        offsets = maps.offsets.to_numpy()
        codes = pc.index_in(maps.keys, pa.array(self.words, pa.string())).fill_null(-1)
        held = slice(offsets[0], offsets[-1])
        rows = np.repeat(np.arange(len(maps)), np.diff(offsets))
        table = np.zeros((len(maps), len(self.words) + 1))
        table[rows, codes.to_numpy()[held]] = maps.items.to_numpy()[held]
        table[:, -1] = 0  # a genre that no title has any more matches nothing
        return table

    def match(
        self,
        shares: pa.ChunkedArray,
        owners: NDArray[np.int64],
        titles: NDArray[np.int32],
    ) -> NDArray[np.float64]:
        """[pairs] the genre match of the owner (a row of `shares`) and the title of each pair."""
        height = max(1, CELLS // (len(self.words) + 1))
        order = np.argsort(owners, kind="stable")
        match = np.zeros(len(owners))
        for start in range(0, len(shares), height):
            first, last = np.searchsorted(owners[order], [start, start + height])
            pairs = order[first:last]
            affinities = self.dense(shares.slice(start, height))
            match[pairs] = genre_match(affinities, owners[pairs] - start, self.codes[titles[pairs]])
        return match
