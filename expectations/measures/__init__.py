"""Add to a batch of rows the plain columns that a suite speaks about: lengths, norms, lags.

Every measure sees one Arrow batch and looks at each row by itself, so the same function serves a
table in memory and, batch by batch, a Spark frame of any size. Great Expectations then compares
plain numbers, which is what it is quick at. This module must not import it: Spark's Python workers
load the measures alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Known = dict[str, pa.Array]
"""What a measure may compare rows with: values of other tables, by a name that the suite gives."""
Columns = dict[str, pa.Array]
Measure = Callable[[pa.Table, Known], Columns]


def none(rows: pa.Table, known: Known) -> Columns:
    """A suite that needs no measure of its own."""
    del rows, known
    return {}


def measured(rows: pa.Table, measure: Measure, known: Known) -> pa.Table:
    """The rows with the measures of every table and those of this one."""
    rows = rows.combine_chunks()
    added = {"not_finite": not_finite(rows)} | measure(rows, known)
    for name, values in added.items():
        rows = rows.append_column(name, values)
    return rows


def not_finite(rows: pa.Table) -> pa.Array:
    """How many numbers of each row are NaN or infinite: pandas would take a NaN for a null."""
    total = np.zeros(len(rows), np.int64)
    for name, kind in zip(rows.column_names, rows.schema.types, strict=True):
        if pa.types.is_floating(kind):
            total += flags(pc.invert(pc.is_finite(rows[name])))
    return pa.array(total)


def flags(values: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Booleans as numbers, a null as 0."""
    found: np.ndarray = plain(pc.fill_null(values, False)).to_numpy(zero_copy_only=False)
    return found.astype(np.int64)


def plain(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    """One contiguous array."""
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def lengths(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The length of each list, a null list as 0."""
    return pc.fill_null(pc.list_value_length(plain(values)), 0).cast(pa.int64())


def seconds_between(later: pa.ChunkedArray, earlier: pa.ChunkedArray) -> pa.Array:
    """Seconds from one time to another, null where either is."""
    micros = pc.subtract(plain(later).cast(pa.int64()), plain(earlier).cast(pa.int64()))
    return pc.divide(micros.cast(pa.float64()), 1e6)


def share(part: pa.ChunkedArray, whole: pa.ChunkedArray) -> pa.Array:
    """Part over whole, 0 of nothing."""
    whole_or_one = pc.max_element_wise(plain(whole), pa.scalar(1, pa.int64()))
    return pc.divide(plain(part).cast(pa.float64()), whole_or_one.cast(pa.float64()))


def unknown(values: pa.ChunkedArray | pa.Array, vocabulary: pa.Array) -> np.ndarray:
    """1 where a value is there and not in the vocabulary."""
    found = pc.and_(pc.is_valid(values), pc.invert(pc.is_in(values, value_set=vocabulary)))
    return flags(found)


def parents(values: pa.Array) -> np.ndarray:
    """For each element of a list column the number of the row it stands in, `[elements] int64`."""
    found: np.ndarray = pc.list_parent_indices(values).to_numpy(zero_copy_only=False)
    return found.astype(np.int64)


def summed(weights: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    """The sum of the weights of each row, `[n] float64`."""
    return np.bincount(rows, weights=weights, minlength=n)


def repeated(values: pa.Array, rows: np.ndarray, n: int) -> np.ndarray:
    """How many values of each row are there again, `[n] int64`."""
    codes = plain(pc.dictionary_encode(values)).indices.to_numpy(zero_copy_only=False)
    width = int(codes.max(initial=0)) + 1
    distinct = np.unique(rows * width + codes) // width
    counted: np.ndarray = np.bincount(rows, minlength=n) - np.bincount(distinct, minlength=n)
    return counted
