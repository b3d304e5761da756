"""Compare the columns of a stored table with those that the catalog says, as a small frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import great_expectations.expectations as gxe
import pyarrow as pa

from lakehouse.writing import ARROW_TYPES, arrow_schema

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context import AbstractDataContext

    from lakehouse.catalog import Table
    from lakehouse.tables import Lake

SQL_TYPES = {kind: name for name, kind in ARROW_TYPES.items()}
COLUMNS_AGREE = gxe.ExpectColumnPairValuesToBeEqual(
    column_A="said",
    column_B="found",
    description="The table has the columns of the catalog, each of its type.",
)


class ColumnsOf:
    """A batch of one row a column: its type in the catalog and its type in the lake."""

    name = "memory"
    first_look = "BASIC"
    index_columns: tuple[str, ...] = ()

    def __init__(self, lake: Lake, table: Table) -> None:
        self._table = table
        found = types(lake.schema(table)) if lake.exists(table) else {}
        said = types(arrow_schema(table))
        names = sorted(said | found)
        self._facts = pa.table({
            "column": names,
            "said": [said.get(name, "absent") for name in names],
            "found": [found.get(name, "absent") for name in names],
        })  # fmt: skip
        self.rows = len(names)
        self.frame: pd.DataFrame = self._facts.to_pandas()

    def definition(self, context: AbstractDataContext) -> BatchDefinition[Any]:
        """Where the frame goes in when the check runs."""
        source = context.data_sources.add_or_update_pandas("memory")
        asset = source.add_dataframe_asset(f"{self._table.name}.columns")
        return asset.add_batch_definition_whole_dataframe("rows")

    def broken_rows(self, index: list[Any]) -> pa.Table:
        """The columns that differ."""
        return self._facts.take(index)

    def close(self) -> None:
        """Nothing is held outside."""


def types(schema: pa.Schema) -> dict[str, str]:
    """Column to SQL type, as the catalog spells it."""
    return {column.name: sql_type(column.type) for column in schema}


def sql_type(kind: pa.DataType) -> str:
    """The SQL type of an Arrow type, nested ones included; the reverse of `arrow_type`."""
    if pa.types.is_map(kind):
        return f"MAP<{sql_type(kind.key_type)}, {sql_type(kind.item_type)}>"
    if pa.types.is_list(kind):
        return f"ARRAY<{sql_type(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"STRUCT<{', '.join(f'{part.name}: {sql_type(part.type)}' for part in kind)}>"
    return SQL_TYPES.get(kind, str(kind))
