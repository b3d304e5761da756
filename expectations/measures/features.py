"""Measure the tables that models learn from."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.measures import Columns, Known, flags, parents, plain, summed, unknown

DAY = pa.scalar(timedelta(days=1), pa.duration("us"))


def profiles(rows: pa.Table, known: Known) -> Columns:
    """Shares that do not add up, windows that hold more than a longer one, profiles not known."""
    return affinities(rows) | windows(rows, "plays_7d", "plays_30d", "plays_90d") | {
        "no_such_profile": pa.array(unknown(rows["profile_id"], known["profiles"]))
    }  # fmt: skip


def titles(rows: pa.Table, known: Known) -> Columns:
    """Windows that hold more than a longer one, and titles that the catalogue does not know."""
    return windows(rows, "title_plays_1d", "title_plays_7d", "title_plays_30d") | {
        "no_such_title": pa.array(unknown(rows["title_id"], known["titles"]))
    }


def co_watches(rows: pa.Table, known: Known) -> Columns:
    """Whether a title is paired with itself."""
    del known
    return {"with_itself": pa.array(flags(pc.equal(rows["title_id"], rows["other_title_id"])))}


def transitions(rows: pa.Table, known: Known) -> Columns:
    """Whether a title follows itself: allowed, and counted so that the report can say so."""
    del known
    return {"with_itself": pa.array(flags(pc.equal(rows["title_id"], rows["next_title_id"])))}


def examples(rows: pa.Table, known: Known) -> Columns:
    """Labels that contradict their origin or come from after the night, and feature faults."""
    del known
    watched = plain(rows["watched"])
    from_watch = pc.equal(rows["origin"], "watched")
    told = pc.and_(pc.invert(watched), pc.is_valid(rows["completed"]))
    night_ends = pc.add(plain(rows["night"]).cast(pa.timestamp("us", "UTC")), DAY)
    late = pc.greater_equal(plain(rows["at"]), night_ends)
    return {
        **affinities(rows),
        **windows(rows, "plays_7d", "plays_30d", "plays_90d"),
        "unlike_origin": pa.array(flags(pc.not_equal(watched, from_watch))),
        "completed_unwatched": pa.array(flags(told)),
        "after_night": pa.array(flags(late)),
    }


def affinities(rows: pa.Table) -> Columns:
    """How far the genre shares of a row are from adding up to one; no shares at all are none off."""
    shares = plain(rows["genre_affinities"])
    starts = shares.offsets.to_numpy()  # those of this slice; `items` are of the whole buffer
    held = np.diff(starts)
    weights = pc.fill_null(shares.items, np.nan).to_numpy(zero_copy_only=False)
    owner = np.repeat(np.arange(len(rows)), held)
    total = summed(weights[starts[0] : starts[-1]], owner, len(rows))
    off = np.nan_to_num(np.abs(total - 1), nan=np.inf)
    return {"shares_off": pa.array(np.where(held > 0, off, 0.0))}


def windows(rows: pa.Table, *shortest_first: str) -> Columns:
    """1 where a window holds less than a shorter one."""
    shrinks = np.zeros(len(rows), bool)
    for short, long in pairwise(shortest_first):
        shrinks |= flags(pc.greater(rows[short], rows[long])).astype(bool)
    return {"windows_shrink": pa.array(shrinks.astype(np.int64))}


def vectors(rows: pa.Table, known: Known) -> Columns:
    """The length of each vector and how many numbers it holds."""
    column = plain(rows["vector"])
    numbers = pc.fill_null(pc.list_flatten(column), np.nan).to_numpy(zero_copy_only=False)
    squares = summed(numbers.astype(np.float64) ** 2, parents(column), len(rows))
    return {
        "vector_length": pa.array(np.nan_to_num(np.sqrt(squares), nan=-1.0)),
        "dimension": pc.fill_null(pc.list_value_length(column), 0).cast(pa.int64()),
        "no_such_title": pa.array(unknown(rows["title_id"], known["titles"])),
    }
