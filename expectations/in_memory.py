"""Rows in memory, read through Arrow: the quick way for all but the largest tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from expectations.measures import Known, measured
from lakehouse.writing import arrow_schema

if TYPE_CHECKING:
    from datetime import date

    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context import AbstractDataContext

    from expectations.suites.suite import Suite
    from lakehouse.catalog import Table
    from lakehouse.tables import Lake


class InMemory:
    """A pandas batch of the columns that the suite names; Spark never starts."""

    name = "memory"
    first_look = "BASIC"
    index_columns: tuple[str, ...] = ()

    def __init__(
        self, lake: Lake, suite: Suite, night: date, nights: list[date], known: Known
    ) -> None:
        self._table = suite.table.name
        self._source = rows_of(lake, suite.table, nights)
        self.rows = len(self._source)
        judged = measured(self._source, suite.measure, known)
        if not suite.table.snapshot:
            judged = judged.append_column(
                "key_copies", key_copies(lake, suite.table, night, judged)
            )
        self.frame = wide(judged.select(suite.columns)).to_pandas()

    def definition(self, context: AbstractDataContext) -> BatchDefinition[Any]:
        """Where the frame goes in when the check runs."""
        source = context.data_sources.add_or_update_pandas("memory")
        return source.add_dataframe_asset(self._table).add_batch_definition_whole_dataframe("rows")

    def broken_rows(self, index: list[Any]) -> pa.Table:
        """The rows at these positions."""
        return self._source.take(pa.array(index, pa.int64()))

    def close(self) -> None:
        """Nothing is held outside."""


def wide(rows: pa.Table) -> pa.Table:
    """The rows with numbers of 64 bits: any others Great Expectations compares one by one."""
    kinds = {pa.int32(): pa.int64(), pa.float32(): pa.float64()}
    return rows.cast(pa.schema([(c.name, kinds.get(c.type, c.type)) for c in rows.schema]))


def rows_of(lake: Lake, table: Table, nights: list[date]) -> pa.Table:
    """The rows of these nights; none where none was written."""
    if not lake.exists(table):
        return arrow_schema(table).empty_table()
    return lake.arrow(table, nights=nights)


def key_copies(lake: Lake, table: Table, night: date, rows: pa.Table) -> pa.Array:
    """How many rows of the whole table as of the night share the key of each of these rows."""
    key = list(table.one_row_per)
    if not len(rows):
        return pa.array([], pa.int64())
    counted = lake.arrow(table, night, key).group_by(key).aggregate([([], "count_all")])
    place = pa.array(range(len(rows)))
    joined = (
        rows.select(key).append_column("place", place).join(counted, key, join_type="left outer")
    )
    return joined.sort_by("place")["count_all"].combine_chunks()
