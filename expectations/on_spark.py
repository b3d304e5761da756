"""A cached Spark frame, measured batch by batch where its rows lie: the way for large tables."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from expectations.measures import Known, Measure, measured
from lakehouse.writing import arrow_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context import AbstractDataContext
    from pyspark.sql import Column, DataFrame

    from expectations.suites.suite import Suite
    from lakehouse.tables import Lake


class OnSpark:
    """A Spark batch of the columns that the suite names."""

    name = "spark"
    first_look = "BOOLEAN_ONLY"  # counts share one Spark job; anything more costs a job each

    def __init__(
        self, lake: Lake, suite: Suite, night: date, nights: list[date], known: Known
    ) -> None:
        from pyspark.sql import functions as F

        self._lake, self._table = lake, suite.table
        self.index_columns = suite.table.one_row_per
        self._source = lake.read(suite.table, night).where(F.col("night").isin(nights))
        judged = with_measures(self._source, suite, known)
        if not suite.table.snapshot:
            counted = lake.read(suite.table, night).groupBy(*suite.table.one_row_per)
            copies = counted.agg(F.count("*").alias("key_copies"))
            judged = judged.join(copies, list(suite.table.one_row_per), "left")
        # every expectation reads it again
        self.frame = judged.select(*suite.columns).cache()
        self.rows = self.frame.count()

    def definition(self, context: AbstractDataContext) -> BatchDefinition[Any]:
        """Where the frame goes in when the check runs."""
        source = context.data_sources.add_or_update_spark("spark", persist=False)
        asset = source.add_dataframe_asset(self._table.name)
        return asset.add_batch_definition_whole_dataframe("rows")

    def broken_rows(self, index: list[Any]) -> pa.Table:
        """The rows with these keys."""
        key = list(self.index_columns)
        types = self._table.column_types
        ddl = ", ".join(f"{name} {types[name]}" for name in key)
        keys = sorted({tuple(dict(told)[name] for name in key) for told in index}, key=str)
        wanted = self._lake.spark.createDataFrame(keys, ddl)
        same: Column = reduce(and_, (self._source[k].eqNullSafe(wanted[k]) for k in key))
        return self._source.join(wanted, same, "left_semi").limit(len(index)).toArrow()

    def close(self) -> None:
        """Give the cache back to the night's server."""
        self.frame.unpersist()


def with_measures(source: DataFrame, suite: Suite, known: Known) -> DataFrame:
    """The columns that the suite names, the measures among them, but not the copies of a key."""
    from pyspark.sql.pandas.types import from_arrow_schema

    wanted = [name for name in suite.columns if name != "key_copies"]
    nothing = measured(arrow_schema(suite.table).empty_table(), suite.measure, known)
    schema = from_arrow_schema(nothing.select(wanted).schema)
    return source.mapInArrow(measurer(suite.measure, known, wanted), schema)


def measurer(
    measure: Measure, known: Known, wanted: list[str]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What each Spark task runs over its batches; it carries no suite, so workers load no GX."""

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = pa.Table.from_batches([batch])
            yield from measured(rows, measure, known).select(wanted).to_batches()

    return run
