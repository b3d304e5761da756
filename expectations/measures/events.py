"""Measure the tables that events pass through on their way in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.measures import Columns, Known, flags, plain, seconds_between, share


def events(rows: pa.Table, known: Known) -> Columns:
    """How far an event lies ahead of its being known, and what its type asks for and is not said."""
    del known
    kind = rows["type"]
    return {
        "ahead_seconds": seconds_between(rows["event_time"], rows["known_time"]),
        "title_unsaid": pa.array(
            flags(pc.is_null(rows["title_id"])) * flags(pc.not_equal(kind, "search"))
        ),
        "shown_unsaid": pa.array(
            flags(pc.is_null(rows["shown_version"])) * flags(pc.equal(kind, "impression"))
        ),
    }


def event_counts(rows: pa.Table, known: Known) -> Columns:
    """Lines that went nowhere, the share rejected, and what the tables themselves hold."""
    came_out = pc.add(pc.add(rows["events"], rows["rejected"]), rows["duplicates"])
    return {
        "unaccounted": plain(pc.subtract(rows["landed"], came_out)),
        "rejected_share": share(rows["rejected"], rows["landed"]),
        **{
            f"{name}_not_stored": plain(pc.subtract(rows[name], stored(rows["night"], known, name)))
            for name in ("landed", "events", "rejected")
        },
    }


def stored(nights: pa.ChunkedArray, known: Known, name: str) -> pa.Array:
    """How many rows the table of that name holds for each night, by its own log."""
    place = pc.index_in(plain(nights), value_set=known[f"{name}_nights"])
    return pc.fill_null(pc.take(known[f"{name}_rows"], place), 0)


def titles(rows: pa.Table, known: Known) -> Columns:
    """Whether a title ends before it begins, and how many of its genres are empty words."""
    del known
    genres = plain(rows["genres"])
    row = pc.list_parent_indices(genres).to_numpy(zero_copy_only=False)
    empty = flags(pc.equal(pc.fill_null(pc.list_flatten(genres), ""), ""))
    backwards = pc.less_equal(rows["available_until"], rows["available_from"])
    return {
        "empty_genres": pa.array(
            np.bincount(row, weights=empty, minlength=len(rows)).astype(np.int64)
        ),
        "ends_before_it_begins": pa.array(flags(backwards)),
    }
