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

MOST_ROWS_IN_MEMORY = 5_000_000
"""Above it Spark checks: in memory a row of the widest table takes about 400 bytes. See ADR."""


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


def batch_of(
    lake: Lake, suite: Suite, night: date, nights: list[date], most_in_memory: int
) -> Batch:
    """The rows of these nights, by the engine that is quick for their number."""
    counts = lake.row_counts(suite.table)
    # keys of a history are compared over all its nights
    read = nights if suite.table.snapshot else [n for n in counts if n <= night]
    known = suite.facts(lake, night)
    if sum(counts.get(n, 0) for n in read) <= most_in_memory:
        return InMemory(lake, suite, night, nights, known)
    return OnSpark(lake, suite, night, nights, known)
