"""Hash what a table says, so that equal rows give equal hashes wherever and however they lie."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from _hashlib import HASH


def content_hash(table: pa.Table, keys: tuple[str, ...]) -> str:
    """SHA-256 of names, types and values in the order of the keys, as 64 hex digits.

    Files, chunks, the order of rows and what lies under a null do not count.
    """
    ordered = table.sort_by([(key, "ascending") for key in keys]).combine_chunks()
    told = hashlib.sha256()
    for name in sorted(ordered.column_names):
        told.update(f"{name}\0".encode())
        column = ordered.column(name)
        _tell(column.chunk(0) if column.num_chunks else pa.array([], column.type), told)
    return told.hexdigest()


def _tell(values: pa.Array, told: HASH) -> None:
    """Tell the hash the type, the nulls, the lengths and the values of an array, level by level."""
    kind = values.type
    told.update(f"{kind.id} {len(values)}\0".encode())
    _tell_numbers(pc.is_valid(values), told)
    values = values.drop_null()
    if pa.types.is_list(kind) or pa.types.is_map(kind):
        ends = values.offsets.to_numpy()
        told.update(np.diff(ends).astype("<i8").tobytes())
        inner = [values.flatten()] if pa.types.is_list(kind) else [values.keys, values.items]
        for column in inner:
            _tell(column, told)
    elif pa.types.is_struct(kind):
        for field, column in zip(kind, values.flatten(), strict=True):
            told.update(f"{field.name}\0".encode())
            _tell(column, told)
    elif pa.types.is_string(kind) or pa.types.is_binary(kind):
        _tell_texts(values, told)
    else:
        _tell_numbers(values, told)


def _tell_texts(values: pa.Array, told: HASH) -> None:
    _, offsets, text = values.buffers()
    if not len(values) or text is None:
        return
    ends = np.frombuffer(offsets, "<i4")[values.offset : values.offset + len(values) + 1]
    told.update(np.diff(ends).astype("<i8").tobytes())
    told.update(memoryview(text)[ends[0] : ends[-1]])


def _tell_numbers(values: pa.Array, told: HASH) -> None:
    told.update(values.to_numpy(zero_copy_only=False).tobytes())
