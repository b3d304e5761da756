"""Let a snapshot table hold a night without rows: Delta keeps no partition for what was written empty."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa
    from deltalake.transaction import AddAction

    from lakehouse.catalog import Table
    from lakehouse.tables import Lake


def write_empty(lake: Lake, table: Table, columns: pa.Schema, night: date) -> None:
    """Replace what a night holds by one file without rows, in one transaction.

    As of a night that has no file a reader would be given the rows of the night before.
    """
    from deltalake import DeltaTable, Schema
    from deltalake.transaction import create_table_with_add_actions

    address, key = lake.address(table), night.isoformat()
    place = f"night={key}/empty-{uuid.uuid4()}.parquet"
    added = _without_rows(address, place, columns, key)
    if lake.exists(table):
        delta = DeltaTable(address)
        delta.create_write_transaction(
            [added], mode="overwrite", schema=delta.schema(), partition_by=["night"],
            partition_filters=[("night", "in", [key])],
        )  # fmt: skip
    else:
        create_table_with_add_actions(
            address, Schema.from_arrow(columns), [added], partition_by=["night"]
        )


def _without_rows(address: str, place: str, columns: pa.Schema, key: str) -> AddAction:
    import pyarrow.parquet as pq
    from deltalake.fs import DeltaStorageHandler
    from deltalake.transaction import AddAction
    from pyarrow.fs import PyFileSystem

    if "://" not in address:
        Path(address).mkdir(parents=True, exist_ok=True)  # for a table never written
    body = columns.remove(columns.get_field_index("night"))  # a partition is in the path alone
    files = PyFileSystem(DeltaStorageHandler(address))
    pq.write_table(body.empty_table(), place, filesystem=files)
    return AddAction(
        place, files.get_file_info(place).size, {"night": key},
        int(time.time() * 1000), True, json.dumps({"numRecords": 0}),
    )  # fmt: skip
