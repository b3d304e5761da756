"""Measure the tables that say what is shown."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.measures import (
    Columns,
    Known,
    flags,
    lengths,
    parents,
    plain,
    repeated,
    share,
    summed,
    unknown,
)

FEWEST_COUNTED = 1000
"""Candidates below which the share that a filter removed is no share of anything."""


def pages(rows: pa.Table, known: Known) -> Columns:
    """What stands on each page, row by row and slot by slot."""
    n = len(rows)
    shelves = plain(rows["rows"])
    page = parents(shelves)
    shelf = pc.list_flatten(shelves)
    title_ids = pc.struct_field(shelf, "title_ids")
    titles, page_of_title = pc.list_flatten(title_ids), page[parents(title_ids)]
    return {
        "rows_on_page": lengths(shelves),
        "empty_rows": whole(flags(pc.equal(lengths(title_ids), 0)), page, n),
        "titles_on_page": whole(np.ones(len(titles)), page_of_title, n),
        "repeated_titles": pa.array(repeated(titles, page_of_title, n)),
        "no_such_titles": whole(unknown(titles, known["titles"]), page_of_title, n),
        "unplayable_titles": whole(unplayable(titles, known), page_of_title, n),
        "slots_apart": whole(slots_apart(shelf), page, n),
        "not_a_source": whole(not_a_source(shelf, known["sources"]), page, n),
        **propensities(shelf, page, n),
        "for_nobody": pa.array(
            flags(pc.equal(rows["profile_id"], "")) * (1 - flags(rows["popular"]))
        ),
    }


def whole(weights: np.ndarray, page: np.ndarray, n: int) -> pa.Array:
    """The sum of whole weights of each page."""
    return pa.array(summed(weights, page, n).astype(np.int64))


def unplayable(titles: pa.Array, known: Known) -> np.ndarray:
    """1 where a title is not among those that play; 0 throughout where nobody asks for it."""
    return unknown(titles, known["playing"]) if "playing" in known else np.zeros(len(titles))


def slots_apart(shelf: pa.StructArray) -> np.ndarray:
    """By how many slots the lists of a row differ in length, `[rows] int64`."""
    slots = lengths(pc.struct_field(shelf, "title_ids")).to_numpy()
    apart = np.zeros(len(slots), np.int64)
    for name in ("source_bits", "propensities"):
        apart += np.abs(slots - lengths(pc.struct_field(shelf, name)).to_numpy())
    return apart


def not_a_source(shelf: pa.StructArray, sources: pa.Array) -> np.ndarray:
    """1 where a row's algorithm is none that is declared; a genre row names its genre."""
    name = pc.struct_field(shelf, "source")
    odd = pc.and_(
        pc.invert(pc.is_in(name, value_set=sources)), pc.invert(pc.starts_with(name, "genre:"))
    )
    return flags(pc.fill_null(odd, True))


def propensities(shelf: pa.StructArray, page: np.ndarray, n: int) -> Columns:
    """The lowest and highest propensity of each page, null where it has none."""
    listed = pc.struct_field(shelf, "propensities")
    values = pc.fill_null(pc.list_flatten(listed), np.nan).to_numpy(zero_copy_only=False)
    values = np.nan_to_num(values.astype(np.float64), nan=-1.0)  # out of range: a fault that shows
    owner = page[parents(listed)]
    lowest, highest = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(lowest, owner, values)
    np.maximum.at(highest, owner, values)
    none = np.bincount(owner, minlength=n) == 0
    return {
        "lowest_propensity": pa.array(np.where(none, 0.0, lowest), mask=none),
        "highest_propensity": pa.array(np.where(none, 0.0, highest), mask=none),
    }


def filter_counts(rows: pa.Table, known: Known) -> Columns:
    """The share of the candidates that a filter removed, 0 of few: a share of ten says nothing."""
    del known
    many = pc.greater_equal(plain(rows["candidates"]), FEWEST_COUNTED)
    return {"removed_share": pc.if_else(many, share(rows["removed"], rows["candidates"]), 0.0)}


def source_counts(rows: pa.Table, known: Known) -> Columns:
    """Whether a source alone found more than it found."""
    del known
    more = pc.greater(rows["only_here"], rows["candidates"])
    return {"more_than_found": pa.array(flags(more))}
