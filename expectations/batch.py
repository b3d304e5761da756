"""Give Great Expectations a batch: rows in memory, or a cached Spark frame when they are many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from expectations.in_memory import InMemory
from expectations.on_spark import OnSpark

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context import AbstractDataContext

    from expectations.suites.suite import Suite
    from lakehouse.tables import Lake

MOST_CELLS_IN_MEMORY = 30_000_000
"""Rows times columns; a cell takes about 45 bytes while Great Expectations copies it, so this
many take 1.4 GB. Above it Spark checks, several times slower and in any amount: see the ADR."""


class Batch(Protocol):
    """The rows of a check, their measures beside them."""

    name: str
    rows: int
    first_look: str
    """How much Great Expectations is asked for before anything failed."""

    def definition(self, context: AbstractDataContext) -> BatchDefinition[Any]:
        """How Great Expectations gets at the rows."""

    @property
    def frame(self) -> object:
        """The frame that Great Expectations is given."""

    @property
    def index_columns(self) -> tuple[str, ...]:
        """The columns by which Great Expectations names broken rows; none: by position."""

    def broken_rows(self, index: list[Any]) -> pa.Table:
        """The whole rows that Great Expectations listed."""

    def close(self) -> None:
        """Free what the rows take."""


def batch_of(lake: Lake, suite: Suite, night: date, nights: list[date], most_cells: int) -> Batch:
    """The rows of these nights, by the engine that is quick for their number."""
    known = suite.facts(lake, night)
    if cells(lake, suite, night, nights) <= most_cells:
        return InMemory(lake, suite, night, nights, known)
    return OnSpark(lake, suite, night, nights, known)


def cells(lake: Lake, suite: Suite, night: date, nights: list[date]) -> int:
    """How many values a check reads: those nights' and, of a history, the keys of all before."""
    table, rows = suite.table, lake.row_counts(suite.table)
    read = sum(rows.get(n, 0) for n in nights) * len(table.column_types)
    if table.snapshot:
        return read
    return read + sum(n for day, n in rows.items() if day <= night) * len(table.one_row_per)
