"""Make the events of interactions, so that the code of the night can be asked about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jobs.training.snapshot import World
from lakehouse.catalog import EVENTS, PROFILES, TITLES
from lakehouse.writing import arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from jobs.evaluate.read import Interactions
    from lakehouse.catalog import Table

LIKED_FROM, DISLIKED_TO = 0.75, 0.25
"""Of the range of ratings: 4 and 2 stars of five, as the importer of MovieLens reads them."""
SECOND = 1_000_000


def world_of(rows: Interactions, every: Interactions) -> World:
    """A world of these rows; ids and the range of ratings are those of `every` row.

    A row is a complete at its time, and a like or dislike beside it where a rating says so.
    """
    import pyarrow as pa

    kinds = [("complete", np.ones(len(rows), bool)), *_opinions(rows, every)]
    parts = [_events(kind, rows.take(chosen)) for kind, chosen in kinds]
    ids = np.unique(every.profiles).tolist(), np.unique(every.titles).tolist()
    profiles, titles = _bare(PROFILES, ids[0]), _bare(TITLES, ids[1])
    return World(pa.concat_tables(parts), profiles, titles, *ids)


def _opinions(rows: Interactions, every: Interactions) -> list[tuple[str, NDArray[np.bool_]]]:
    if rows.ratings is None or every.ratings is None or not np.isfinite(every.ratings).any():
        return []
    low, high = np.nanmin(every.ratings), np.nanmax(every.ratings)
    if low == high:
        return []
    share = (rows.ratings - low) / (high - low)  # NaN, no rating, is neither
    return [("like", share >= LIKED_FROM), ("dislike", share <= DISLIKED_TO)]


def _events(kind: str, rows: Interactions) -> pa.Table:
    import pyarrow as pa

    schema = arrow_schema(EVENTS)
    when = pa.array(np.round(rows.times * SECOND).astype(np.int64)).cast(pa.timestamp("us", "UTC"))
    said = {
        "type": pa.array([kind] * len(rows)),
        "profile_id": pa.array(rows.profiles.tolist(), pa.string()),
        "title_id": pa.array(rows.titles.tolist(), pa.string()),
        "event_time": when, "known_time": when,
        "seconds": pa.nulls(len(rows), pa.float64()),
    }  # fmt: skip
    return pa.table({name: said[name].cast(schema.field(name).type) for name in said})


def _bare(table: Table, ids: list[str]) -> pa.Table:
    """Rows of a table of which nothing but the id is known."""
    import pyarrow as pa

    schema = arrow_schema(table)
    (key,) = table.one_row_per
    return pa.table({
        field.name: pa.array(ids, field.type) if field.name == key else pa.nulls(len(ids), field.type)
        for field in schema
    })  # fmt: skip
