"""Write Delta partitions, from Spark or from Arrow, in one transaction each."""

from __future__ import annotations

import itertools
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from lakehouse.empty_nights import write_empty
from lakehouse.faults import require_room
from lakehouse.locks import alone
from lakehouse.schemas import check_schema

if TYPE_CHECKING:
    from datetime import date

    from pyspark.sql import DataFrame, DataFrameWriter

    from lakehouse.catalog import Table
    from lakehouse.tables import Lake


def writing_alone(lake: Lake, table: Table) -> AbstractContextManager[None]:
    """The only writer of a table, among the processes of this machine, while the block runs.

    On a local disk Delta's own check is not enough: two that make a table at once both append, and
    two Spark servers can each overwrite the commit of the other. An object store refuses the second.

    Raises NoSpace where the disk is nearly full.
    """
    place = lake.location(table)
    if "://" in place:
        return nullcontext()
    require_room(place)
    return alone(Path(place).with_name(f".{Path(place).name}.lock"))


def replace(
    lake: Lake,
    table: Table,
    rows: DataFrame | pa.Table | pa.RecordBatchReader,
    nights: list[date],
) -> None:
    """Replace the partitions of these nights by the rows; sorted by key, so that a rerun is equal.

    Raises ValueError for several nights of a snapshot: of those without rows nothing would be left.
    """
    if table.snapshot and len(nights) != 1:
        raise ValueError(f"{table.name} is a snapshot, which is written one night at a time")
    with writing_alone(lake, table):
        if isinstance(rows, pa.Table | pa.RecordBatchReader):
            _check(table, rows.schema, nights)
            _replace_arrow(lake, table, rows, nights)
        else:
            _check(table, _schema_of(rows), nights)
            _replace_spark(lake, table, rows, nights)


def _check(table: Table, given: pa.Schema, nights: list[date]) -> None:
    """Raise WrongSchema where the columns do not fit; of one night, rows need not say it."""
    wanted = arrow_schema(table)
    if len(nights) == 1:
        wanted, given = (pa.schema([f for f in s if f.name != "night"]) for s in (wanted, given))
    check_schema(table, wanted, given)


def merge(lake: Lake, table: Table, rows: pa.Table) -> None:
    """Upsert by key in one transaction."""
    check_schema(table, arrow_schema(table), rows.schema)
    with writing_alone(lake, table):
        _merge(lake, table, _arranged(table, rows))


def _merge(lake: Lake, table: Table, rows: pa.Table) -> None:
    from deltalake import DeltaTable, write_deltalake

    address = lake.address(table)
    if not lake.exists(table):
        write_deltalake(address, rows, mode="append", partition_by=["night"])
        return
    keys = dict.fromkeys((*table.one_row_per, *(["night"] if table.snapshot else [])))
    on = " AND ".join(f"old.{key} = new.{key}" for key in keys)
    merging = DeltaTable(address).merge(rows, on, source_alias="new", target_alias="old")
    merging.when_matched_update_all().when_not_matched_insert_all().execute()


def append_once(lake: Lake, table: Table, rows: pa.Table, token: str) -> bool:
    """Append in one transaction that carries the token; a token seen before writes nothing."""
    from deltalake import CommitProperties, Transaction, write_deltalake

    check_schema(table, arrow_schema(table), rows.schema)
    once = CommitProperties(app_transactions=[Transaction(token, 1)])
    with writing_alone(lake, table):
        if lake.appended(table, token):
            return False
        write_deltalake(
            lake.address(table), _arranged(table, rows), mode="append", partition_by=["night"],
            commit_properties=once,
        )  # fmt: skip
    return True


def _schema_of(rows: DataFrame) -> pa.Schema:
    from pyspark.sql.pandas.types import to_arrow_schema

    return to_arrow_schema(rows.schema, timezone="UTC")


def _replace_spark(lake: Lake, table: Table, rows: DataFrame, nights: list[date]) -> None:
    if not table.snapshot:
        _save(lake, table, rows, nights)
        return
    kept = rows.persist()  # asked whether it is empty and then written, but computed once
    try:
        if kept.isEmpty():
            write_empty(lake, table, arrow_schema(table), nights[0])
        else:
            _save(lake, table, kept, nights)
    finally:
        kept.unpersist()


def _save(lake: Lake, table: Table, rows: DataFrame, nights: list[date]) -> None:
    from pyspark.sql import functions as F

    if len(nights) == 1:
        rows = rows.withColumn("night", F.lit(nights[0]))
    writer = _writer(table, _typed(table, rows)).mode("overwrite")
    if lake.exists(table):
        writer = writer.option("replaceWhere", _condition(nights))
    writer.save(lake.location(table))


def _writer(table: Table, frame: DataFrame) -> DataFrameWriter:
    keys = [key for key in table.one_row_per if key != "night"]
    ordered = frame.repartition("night").sortWithinPartitions("night", *keys)
    return ordered.write.format("delta").partitionBy("night")


def _typed(table: Table, rows: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    return rows.select(*(F.col(n).cast(kind).alias(n) for n, kind in table.column_types.items()))


def _replace_arrow(
    lake: Lake, table: Table, rows: pa.Table | pa.RecordBatchReader, nights: list[date]
) -> None:
    from deltalake import write_deltalake

    night = nights[0] if len(nights) == 1 else None
    if table.snapshot:
        found = _filled(rows)
        if found is None:
            write_empty(lake, table, arrow_schema(table), nights[0])
            return
        rows = found
    if isinstance(rows, pa.Table):
        rows = _arranged(table, _of_night(rows, night))
    else:
        rows = _stream(table, rows, night)
    predicate = _condition(nights) if lake.exists(table) else None
    write_deltalake(
        lake.address(table), rows, mode="overwrite", partition_by=["night"], predicate=predicate
    )


def _filled(rows: pa.Table | pa.RecordBatchReader) -> pa.Table | pa.RecordBatchReader | None:
    """The same rows, or None where there are none; of a stream only the first batch is awaited."""
    if isinstance(rows, pa.Table):
        return rows if len(rows) else None
    first = next((batch for batch in rows if len(batch)), None)
    if first is None:
        return None
    return pa.RecordBatchReader.from_batches(rows.schema, itertools.chain([first], rows))


def _of_night(rows: pa.Table, night: date | None) -> pa.Table:
    """The rows with the one night that is written, whatever they say themselves."""
    if night is None:
        return rows
    if "night" in rows.column_names:
        rows = rows.drop_columns("night")
    return rows.append_column("night", pa.array([night] * len(rows), pa.date32()))


def _stream(table: Table, rows: pa.RecordBatchReader, night: date | None) -> pa.RecordBatchReader:
    """The batches one by one, each in the catalog's columns and types."""
    batches = (
        batch
        for given in rows
        for batch in _arranged(table, _of_night(pa.Table.from_batches([given]), night)).to_batches()
    )
    return pa.RecordBatchReader.from_batches(arrow_schema(table), batches)


def _arranged(table: Table, rows: pa.Table) -> pa.Table:
    """The catalog's columns in order and type, sorted by night and key: same rows, same bytes."""
    rows = rows.select(list(table.column_types)).cast(arrow_schema(table))
    keys = dict.fromkeys(("night", *table.one_row_per))
    return rows.sort_by([(key, "ascending") for key in keys])


def _condition(nights: list[date]) -> str:
    listed = ", ".join(f"'{night.isoformat()}'" for night in nights)
    return f"night IN ({listed})"


ARROW_TYPES = {
    "STRING": pa.string(), "BIGINT": pa.int64(), "INT": pa.int32(), "DOUBLE": pa.float64(),
    "FLOAT": pa.float32(), "BOOLEAN": pa.bool_(), "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
}  # fmt: skip


def arrow_schema(table: Table) -> pa.Schema:
    """The Arrow schema of a table's DDL."""
    return pa.schema([(name, arrow_type(kind)) for name, kind in table.column_types.items()])


def arrow_type(kind: str) -> pa.DataType:
    """The Arrow type of a SQL type, nested ones included."""
    from lakehouse.catalog import split_columns

    kind = kind.strip()
    if "<" not in kind:
        return ARROW_TYPES[kind]
    outer, inner = kind[: kind.index("<")], kind[kind.index("<") + 1 : -1]
    if outer == "ARRAY":
        return pa.list_(arrow_type(inner))
    parts = split_columns(inner)
    if outer == "MAP":
        return pa.map_(arrow_type(parts[0]), arrow_type(parts[1]))
    fields = (part.strip().split(":", 1) for part in parts)
    return pa.struct([(name.strip(), arrow_type(below)) for name, below in fields])
