"""See a chunk of the pages table as flat columns with the places where rows and pages end."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from serving_export import records as layout
from serving_export.errors import BadPages

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ends = NDArray[np.int64]

EXPLORED = np.dtype([("slot", "<u2"), ("chance", "<f4")])


class Columns:
    """The columns of P pages with R rows and N slots; nothing is copied."""

    def __init__(self, pages: pa.RecordBatch) -> None:
        self._pages = pages
        self._rows = pages.column("rows")
        self._flat = self._rows.flatten()
        self._titles = self.row("title_ids")

    def row(self, name: str) -> pa.Array:
        """One field of every row, [R]."""
        return self._flat.field(name)

    @cached_property
    def title_ids(self) -> pa.Array:
        """The title in each slot, [N]."""
        return self._titles.flatten()

    @cached_property
    def source_bits(self) -> NDArray[np.int32]:
        """The source bits of each slot, [N]."""
        return _values(self.row("source_bits").flatten())

    @cached_property
    def propensities(self) -> NDArray[np.float32]:
        """The propensity of each slot, [N]."""
        return _values(self.row("propensities").flatten())

    @cached_property
    def row_ends(self) -> Ends:
        """Where the rows of each page begin and end, [P + 1]."""
        return _ends(self._rows)

    @cached_property
    def slots(self) -> Ends:
        """How many slots each row has, [R]."""
        return np.diff(_ends(self._titles))

    @cached_property
    def slot_ends(self) -> Ends:
        """Where the slots of each page begin and end, [P + 1]."""
        ends: Ends = _ends(self._titles)[self.row_ends]
        return ends

    @cached_property
    def flags(self) -> NDArray[np.uint8]:
        """The flags of each page, [P]."""
        popular = _values(self._pages.column("popular").fill_null(False))
        return popular.astype(np.uint8) * np.uint8(layout.POPULAR_FLAG)

    @cached_property
    def regions(self) -> pa.Array:
        """The region of each page, [P], '' where it is for everywhere."""
        return self._pages.column("region").fill_null("")

    def explored(self) -> tuple[NDArray[np.void], Ends]:
        """The explored slots with their places on their pages, and their ends [P + 1]."""
        at = np.flatnonzero(self.propensities != 1.0)
        ends = np.searchsorted(at, self.slot_ends)
        starts = np.repeat(self.slot_ends[:-1], np.diff(ends))
        found = np.empty(len(at), EXPLORED)
        found["slot"], found["chance"] = at - starts, self.propensities[at]
        return found, ends

    def check(self, sources: int) -> None:
        """Raise BadPages unless each page has rows, each row titles, each slot all its values."""
        rows = [self.row(name) for name in ("title_ids", "source_bits", "propensities")]
        whole = [self._rows, self._flat, self.row("name"), self.row("source"), *rows]
        if any(column.null_count for column in (*whole, *(row.flatten() for row in rows))):
            raise BadPages("a row, a name, a title or a value of a slot is null")
        self._refuse(np.diff(self.row_ends) == 0, "has no rows")
        counts = [pc.list_value_length(row).to_numpy() for row in rows]
        unequal = (counts[0] != counts[1]) | (counts[0] != counts[2])
        self._refuse_row(unequal, "has a row whose titles, bits and propensities differ in number")
        self._refuse_row(counts[0] == 0, "has a row without titles")
        self._refuse_row(counts[0] > layout.MOST_SLOTS_IN_ROW, "has a row of more than 255 titles")
        chances, bits = self.propensities, self.source_bits
        self._refuse_slot(~((chances > 0) & (chances <= 1)), "has a propensity outside 0 to 1")
        self._refuse_slot(
            (bits < 0) | (bits >> sources != 0), "names a source that is not declared"
        )

    def _refuse_slot(self, wrong: NDArray[np.bool_], why: str) -> None:
        if wrong.any():
            self._refuse(np.add.reduceat(wrong, self.slot_ends[:-1]) > 0, why)

    def _refuse_row(self, wrong: NDArray[np.bool_], why: str) -> None:
        if wrong.any():
            self._refuse(np.add.reduceat(wrong, self.row_ends[:-1]) > 0, why)

    def _refuse(self, wrong: NDArray[np.bool_], why: str) -> None:
        if wrong.any():
            # its place and not its profile, which no error names
            raise BadPages(f"page {int(np.flatnonzero(wrong)[0]) + 1:,} of the table {why}")


def _ends(lists: pa.ListArray) -> Ends:
    offsets: Ends = _values(lists.offsets).astype(np.int64)
    from_zero: Ends = offsets - offsets[0]
    return from_zero


def _values(column: pa.Array) -> NDArray[Any]:
    """The values of a column; without a copy unless they are bits."""
    values: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return values
