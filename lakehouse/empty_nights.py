"""Let a snapshot table hold a night without rows: Delta keeps no partition for what was written empty."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from datetime import date

    from deltalake import DeltaTable

    from lakehouse.catalog import Table
    from lakehouse.tables import Lake


def hold_empty(lake: Lake, table: Table, nights: list[date]) -> None:
    """Give each of these nights that has no file one file without rows.

    As of such a night a reader would otherwise be given the rows of the night before. It is a
    transaction of its own behind the write: a writer killed between the two has its task run again.
    """
    from deltalake import DeltaTable

    if not table.snapshot:  # a history holds all nights before, so an empty one changes nothing
        return
    for night in sorted(set(nights) - set(lake.nights(table))):
        _add(DeltaTable(lake.address(table)), night)


def _add(delta: DeltaTable, night: date) -> None:
    import pyarrow.parquet as pq
    from deltalake.fs import DeltaStorageHandler
    from deltalake.transaction import AddAction
    from pyarrow.fs import PyFileSystem

    place = f"night={night.isoformat()}/empty-{uuid.uuid4()}.parquet"
    columns = pa.schema(pa.schema(delta.schema().to_arrow()))
    body = columns.remove(columns.get_field_index("night"))  # a partition is in the path alone
    files = PyFileSystem(DeltaStorageHandler(delta.table_uri))
    pq.write_table(body.empty_table(), place, filesystem=files)
    added = AddAction(
        place, files.get_file_info(place).size, {"night": night.isoformat()},
        int(time.time() * 1000), True, json.dumps({"numRecords": 0}),
    )  # fmt: skip
    delta.create_write_transaction(
        [added], mode="append", schema=delta.schema(), partition_by=["night"]
    )
