"""Equal rows give equal hashes; anything that a row says gives another."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_export.content_hash import content_hash

KEY = ("id",)
TABLE = pa.table({
    "id": ["a", "b", "c"],
    "shares": pa.array([[("x", 0.5)], None, []], pa.map_(pa.string(), pa.float64())),
    "rows": pa.array([[{"n": "r", "t": ["1", None]}], [], [None]],
                     pa.list_(pa.struct([("n", pa.string()), ("t", pa.list_(pa.string()))]))),
    "at": pa.array([datetime(2026, 1, 1, tzinfo=UTC), None, None], pa.timestamp("us", tz="UTC")),
    "night": pa.array([date(2026, 1, 1)] * 3),
    "seen": pa.array([True, None, False]),
})  # fmt: skip


def test_order_chunks_and_slices_do_not_count() -> None:
    wanted = content_hash(TABLE, KEY)
    shuffled = pa.concat_tables([TABLE.slice(2), TABLE.slice(0, 1), TABLE.slice(1, 1)])
    assert content_hash(shuffled, KEY) == wanted
    padded = pa.concat_tables([TABLE.slice(1), TABLE, TABLE]).combine_chunks().slice(2, 3)
    assert content_hash(padded, KEY) == wanted
    assert content_hash(TABLE.select(TABLE.column_names[::-1]), KEY) == wanted


def test_what_lies_under_a_null_does_not_count() -> None:
    # the same column, with 7 or 9 in the memory of the null
    valid = pa.py_buffer(b"\x05")
    for kind, texts in ((pa.int64(), ((1, 7, 3), (1, 9, 3))),):
        hashes = {
            content_hash(pa.table({
                "id": ["a", "b", "c"],
                "v": pa.Array.from_buffers(kind, 3, [valid, pa.array(values, kind).buffers()[1]]),
            }), KEY)
            for values in texts
        }  # fmt: skip
        assert len(hashes) == 1


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("id", ["a", "b", "d"]),
        ("shares", [[("x", 0.5)], [], []]),  # an empty map is not an absent one
        ("shares", [[("y", 0.5)], None, []]),
        ("rows", [[{"n": "r", "t": ["1"]}], [], [None]]),
        ("rows", [[{"n": "r", "t": ["1", ""]}], [], [None]]),
        ("rows", [[{"n": "r", "t": ["1", None]}], [None], []]),  # the same values, moved on
        ("at", [datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC), None, None]),
        ("seen", [True, False, False]),
    ],
)
def test_any_other_value_counts(column: str, values: list[Any]) -> None:
    place = TABLE.column_names.index(column)
    other = TABLE.set_column(place, column, pa.array(values, TABLE.schema.field(column).type))
    assert content_hash(other, KEY) != content_hash(TABLE, KEY)


def test_names_and_types_count() -> None:
    assert content_hash(TABLE.rename_columns({"seen": "saw"}), KEY) != content_hash(TABLE, KEY)
    wide = TABLE.set_column(4, "night", TABLE.column("night").cast(pa.date64()))
    assert content_hash(wide, KEY) != content_hash(TABLE, KEY)


def test_an_empty_table_has_a_hash() -> None:
    assert content_hash(TABLE.slice(0, 0), KEY) != content_hash(TABLE, KEY)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a", None], [None, "a"]),
        (["ab", "c"], ["a", "bc"]),
        ([""], [None]),
        ([[1], [2, 3]], [[1, 2], [3]]),
        ([[1], None], [[1], []]),
    ],
)
def test_what_stands_where_counts(one: list[Any], other: list[Any]) -> None:
    # the same values, cut or placed otherwise
    hashes = {
        content_hash(pa.table({"id": pa.array(range(len(said))), "v": said}), KEY)
        for said in (pa.array(one), pa.array(other, pa.array(one).type))
    }
    assert len(hashes) == 2


texts = st.lists(st.none() | st.text(max_size=3), max_size=5)


@given(texts, texts)
def test_texts_cannot_run_into_each_other(one: list[str | None], other: list[str | None]) -> None:
    # ["ab", "c"] and ["a", "bc"] have the same letters
    hashes = [
        content_hash(pa.table({
            "id": pa.array(range(len(texts))), "v": pa.array(texts, pa.string()),
        }), KEY)
        for texts in (one, other)
    ]  # fmt: skip
    assert (hashes[0] == hashes[1]) == (one == other)
