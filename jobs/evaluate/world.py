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

    from jobs.evaluate.interactions import Interactions
    from lakehouse.catalog import Table

LIKED_FROM, DISLIKED_TO = 0.75, 0.25
"""Of the range of ratings: 4 and 2 stars of five, as the importer of MovieLens reads them."""


def world_of(rows: Interactions) -> World:
    """A world of these rows, with a code for every id of their file.

    A row is a complete at its time, and a like or dislike beside it where a rating says so. Only
    titles that these rows name are in the catalogue: that a title exists is known once it is
    watched, or the funnel would meet the titles of the test part before anyone else does.
    """
    import pyarrow as pa

    kinds = [("complete", np.ones(len(rows), bool)), *_opinions(rows)]
    ids = rows.profile_ids, rows.title_ids
    named = [rows.title_ids[code] for code in np.unique(rows.titles)]
    parts = [_events(kind, rows.take(chosen)) for kind, chosen in kinds]
    return World(pa.concat_tables(parts), _bare(PROFILES, ids[0]), _bare(TITLES, named), *ids)


def _opinions(rows: Interactions) -> list[tuple[str, NDArray[np.bool_]]]:
    if rows.ratings is None or rows.scale is None or rows.scale[0] == rows.scale[1]:
        return []
    low, high = rows.scale
    share = (rows.ratings - low) / (high - low)  # NaN, no rating, is neither
    return [("like", share >= LIKED_FROM), ("dislike", share <= DISLIKED_TO)]


def _events(kind: str, rows: Interactions) -> pa.Table:
    import pyarrow as pa

    schema = arrow_schema(EVENTS)
    when = pa.array(rows.moments).cast(pa.timestamp("us", "UTC"))
    said = {
        "type": pa.repeat(kind, len(rows)),
        "profile_id": pa.array(rows.profile_ids, pa.string()).take(pa.array(rows.profiles)),
        "title_id": pa.array(rows.title_ids, pa.string()).take(pa.array(rows.titles)),
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
