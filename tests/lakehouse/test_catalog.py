"""The catalog is said once, and what is made from it is current."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.catalog import TABLES, Table, split_columns
from lakehouse.dictionary import page
from lakehouse.writing import arrow_schema

ROOT = Path(__file__).resolve().parents[2]


def test_the_data_dictionary_is_current() -> None:
    told = "run python -m lakehouse.dictionary > docs/tables.md"
    assert (ROOT / "docs" / "tables.md").read_text() == page(), told


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_table_has_types_that_both_engines_know(table: Table) -> None:
    schema = arrow_schema(table)
    assert schema.names == list(table.column_types)
    # every table is partitioned by night, and its key are columns of it
    assert str(schema.field("night").type) == "date32[day]"
    assert set(table.one_row_per) <= set(schema.names)


def test_no_two_tables_share_a_name_or_a_folder() -> None:
    assert (
        len({table.name for table in TABLES})
        == len({table.path for table in TABLES})
        == len(TABLES)
    )


def test_columns_split_outside_of_angle_brackets() -> None:
    assert split_columns("a INT, b ARRAY<STRUCT<c: INT, d: INT>>, e INT") == [
        "a INT", " b ARRAY<STRUCT<c: INT, d: INT>>", " e INT",
    ]  # fmt: skip
