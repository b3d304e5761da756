"""Nothing is written under the catalog's name that is not of the catalog's type."""

from __future__ import annotations

import itertools
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from lakehouse.catalog import EVENT_COUNTS, FILTER_COUNTS, LANDED
from lakehouse.errors import WrongSchema
from lakehouse.schemas import fits
from lakehouse.writing import arrow_schema
from tests.conftest import NIGHT

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakehouse.tables import Lake

WRONG = {
    "text that looks like a number": ["7"],
    "text that does not": ["seven"],
    "a fraction": [7.5],
    "a whole number in a double": [7.0],
    "a truth": [True],
}


def counts(candidates: list[Any]) -> pa.Table:
    """Rows of FILTER_COUNTS whose BIGINT holds these, as their own type."""
    return pa.table({"filter": ["a"], "candidates": candidates, "removed": [1]})


WRITERS: dict[str, Callable[[Lake, pa.Table], object]] = {
    "table": lambda lake, rows: lake.write(FILTER_COUNTS, rows, NIGHT),
    "stream": lambda lake, rows: lake.write(FILTER_COUNTS, rows.to_reader(), NIGHT),
    "merge": lambda lake, rows: lake.merge(FILTER_COUNTS, with_night(rows)),
    "append": lambda lake, rows: lake.append_once(FILTER_COUNTS, with_night(rows), "token"),
}


def with_night(rows: pa.Table) -> pa.Table:
    return rows.append_column("night", pa.array([NIGHT]))


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("writer", WRITERS)
def test_a_wrong_type_writes_nothing_and_is_named(lake: Lake, writer: str, wrong: str) -> None:
    with pytest.raises(WrongSchema, match=r"\(candidates is \w+ and not BIGINT\)"):
        WRITERS[writer](lake, counts(WRONG[wrong]))
    assert not lake.exists(FILTER_COUNTS)
    WRITERS[writer](lake, counts([7]))  # the same rows of the right type
    assert lake.arrow(FILTER_COUNTS)["candidates"].to_pylist() == [7]


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONG)
def test_spark_writes_no_wrong_type_either(lake: Lake, wrong: str) -> None:
    # Spark would read '7' as 7, cut 7.5 to 7 and stop in words of its own at 'seven'
    for table, name in ((FILTER_COUNTS, "candidates"), (EVENT_COUNTS, "landed")):
        right = pa.Table.from_pylist(
            [dict.fromkeys(arrow_schema(table).names)], arrow_schema(table)
        )
        rows = right.set_column(right.column_names.index(name), name, pa.array(WRONG[wrong]))
        with pytest.raises(WrongSchema, match=rf"\({name} is \w+ and not BIGINT\)"):
            lake.write(table, lake.spark.createDataFrame(rows), NIGHT)
        assert not lake.exists(table)


def test_names_and_types_are_told_together(lake: Lake) -> None:
    rows = pa.table({"filtre": ["a"], "candidates": ["7"], "removed": [1]})
    told = r"\(missing filter; unknown filtre; candidates is string and not BIGINT\)"
    with pytest.raises(WrongSchema, match=told):
        lake.write(FILTER_COUNTS, rows, NIGHT)


def test_several_nights_and_appended_rows_must_say_theirs(lake: Lake) -> None:
    # of one night the writer knows it; else rows would have none
    nameless = arrow_schema(EVENT_COUNTS).empty_table().drop_columns("night")
    lake.write(EVENT_COUNTS, nameless, NIGHT)
    with pytest.raises(WrongSchema, match="missing night"):
        lake.write_nights(EVENT_COUNTS, nameless, [NIGHT, date(2026, 1, 11)])
    with pytest.raises(WrongSchema, match="missing night"):
        lake.append_once(LANDED, arrow_schema(LANDED).empty_table().drop_columns("night"), "token")


UTC = pa.timestamp("us", tz="UTC")
LOSSLESS = [
    (pa.int32(), pa.int64()), (pa.uint32(), pa.int64()), (pa.uint8(), pa.int32()),
    (pa.int32(), pa.float64()), (pa.float32(), pa.float64()), (pa.int16(), pa.float32()),
    (pa.large_string(), pa.string()), (pa.string_view(), pa.string()),
    (pa.dictionary(pa.int32(), pa.string()), pa.string()),
    (pa.null(), pa.date32()), (pa.null(), pa.list_(pa.string())),
    (pa.timestamp("ms", tz="Europe/Berlin"), UTC),
    (pa.list_(pa.int32()), pa.list_(pa.int64())),
    (pa.large_list(pa.string()), pa.list_(pa.string())),
    (pa.list_(pa.float32(), 4), pa.list_(pa.float32())),
    (pa.map_(pa.string(), pa.int32()), pa.map_(pa.string(), pa.int64())),
    (
        pa.struct({"b": pa.null(), "a": pa.int32()}),
        pa.struct({"a": pa.int64(), "b": pa.string()}),
    ),
]  # fmt: skip
LOSSY = [
    (pa.int64(), pa.int32()), (pa.uint64(), pa.int64()), (pa.int64(), pa.float64()),
    (pa.int32(), pa.float32()), (pa.float64(), pa.float32()), (pa.float32(), pa.int64()),
    (pa.decimal128(10, 2), pa.float64()), (pa.string(), pa.int64()), (pa.string(), UTC),
    (pa.int64(), pa.string()), (pa.int32(), pa.bool_()), (pa.bool_(), pa.int64()),
    (pa.binary(), pa.string()), (pa.string(), pa.date32()), (UTC, pa.date32()),
    (pa.int64(), UTC), (pa.date32(), UTC), (pa.timestamp("us"), UTC),
    (pa.timestamp("ns", tz="UTC"), UTC),
    (pa.list_(pa.string()), pa.list_(pa.int64())), (pa.string(), pa.list_(pa.string())),
    (pa.map_(pa.int32(), pa.string()), pa.map_(pa.string(), pa.string())),
    (pa.struct({"a": pa.int64()}), pa.struct({"a": pa.int64(), "b": pa.string()})),
    (pa.struct({"a": pa.string()}), pa.struct({"a": pa.int64()})),
]  # fmt: skip


@pytest.mark.parametrize(("given", "wanted"), LOSSLESS, ids=str)
def test_a_type_fits_where_every_value_stays_itself(
    given: pa.DataType, wanted: pa.DataType
) -> None:
    assert fits(given, wanted)


@pytest.mark.parametrize(("given", "wanted"), LOSSY, ids=str)
def test_a_type_does_not_fit_where_a_value_could_change(
    given: pa.DataType, wanted: pa.DataType
) -> None:
    assert not fits(given, wanted)


def test_what_fits_can_be_cast() -> None:
    # else a type would pass the check and stop the write in Arrow's words
    for given, wanted in itertools.chain(LOSSLESS, ((t, t) for _, t in LOSSLESS)):
        assert pa.nulls(2, given).cast(wanted).null_count == 2
    turned = pa.array([{"b": None, "a": 1}], LOSSLESS[-1][0])
    assert turned.cast(LOSSLESS[-1][1]).to_pylist() == [{"a": 1, "b": None}]
