"""Give the values of a night: each feature counted directly at its end, without any timeline.

The same declarations as offline, by another way: a filtered sum over the facts known by then, no
running totals, no as-of join, no Spark. A test compares the two for every declared feature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.buckets import connect
from features.declared import PROFILE, TITLE, Newest, Recent, Shares
from features.facts import (
    KEYS,
    attribute_columns,
    facts,
    shares_of_held,
    totals,
    typed_totals,
    windowed_columns,
)
from features.recent import DEPTH
from features.timelines import ATTRIBUTES, MICROSECOND

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from features.declared import Entity, Feature, Total


def profile_values(events: pa.Table, profiles: pa.Table, titles: pa.Table, as_of: int) -> pa.Table:
    """One row per profile with its features at a time in microseconds, by profile id."""
    return _values("profile", PROFILE, events, profiles, titles, as_of)


def title_values(events: pa.Table, profiles: pa.Table, titles: pa.Table, as_of: int) -> pa.Table:
    """One row per title with its features at a time in microseconds, by title id."""
    return _values("title", TITLE, events, profiles, titles, as_of)


def _values(
    entity: Entity,
    features: tuple[Feature, ...],
    events: pa.Table,
    profiles: pa.Table,
    titles: pa.Table,
    as_of: int,
) -> pa.Table:
    connection = connect()
    for name, table in (("events", events), ("profiles", profiles), ("titles", titles)):
        connection.register(name, table)
    connection.execute(f"CREATE TABLE facts AS {facts(before=as_of)}")
    (key,) = KEYS[entity]
    answer = connection.sql(counted(entity, features, as_of)).to_arrow_table()
    for feature in features:
        if isinstance(feature.made, Shares):
            sql = shares(entity, feature.name, feature.made)
            answer = _joined(connection, answer, sql, key, feature.name, "MAP {}")
        elif isinstance(feature.made, Recent):
            sql = recent(entity, feature.name, feature.made.length)
            answer = _joined(connection, answer, sql, key, feature.name, "[]")
    return answer.select([key, *(feature.name for feature in features)])


def _joined(
    connection: duckdb.DuckDBPyConnection,
    answer: pa.Table,
    sql: str,
    key: str,
    name: str,
    absent: str,
) -> pa.Table:
    connection.register("answer", answer)
    joined = f"""
        SELECT answer.*, coalesce({name}, {absent}) AS {name}
        FROM answer LEFT JOIN ({sql}) USING ({key}) ORDER BY {key}"""  # noqa: S608
    return connection.sql(joined).to_arrow_table()


def counted(entity: Entity, features: tuple[Feature, ...], as_of: int) -> str:
    """SQL: windowed values and attributes of each row of the entity's table."""
    (key,) = KEYS[entity]
    names = totals(features)
    sums = [_counted(total, name, as_of) for total, name in names.items()]
    columns = windowed_columns(features) + attribute_columns(features)
    return f"""
        SELECT {key}, {", ".join(columns)}
        FROM (
            SELECT e.*, make_timestamp({as_of}) AS as_of, {", ".join(typed_totals(names))}
            FROM {ATTRIBUTES[entity]} e
            LEFT JOIN (SELECT {key}, {", ".join(sums)} FROM facts GROUP BY {key}) USING ({key})
        ) ORDER BY {key}"""  # noqa: S608


def _counted(total: Total | Newest, name: str, as_of: int) -> str:
    if isinstance(total, Newest):
        return f"max(happened) FILTER (WHERE {total.where}) AS {name}"
    if total.window is None:
        return f"sum({total.amount}) AS {name}"
    start = as_of - total.window // MICROSECOND
    return f"sum({total.amount}) FILTER (WHERE happened >= {start}) AS {name}"


def shares(entity: Entity, name: str, made: Shares) -> str:
    """SQL: how an amount divides among words, for each that has any."""
    (key,) = KEYS[entity]
    return f"""
        WITH held AS (
            SELECT {key}, word, sum(amount) AS amount
            FROM (SELECT {key}, unnest({made.words}) AS word, {made.amount} AS amount FROM facts)
            GROUP BY ALL HAVING sum(amount) > 0
        )
        {shares_of_held(key, name)}"""  # noqa: S608


def recent(entity: Entity, name: str, length: int) -> str:
    """SQL: the distinct titles of the newest watches, newest first, for each that has any."""
    (key,) = KEYS[entity]
    return f"""
        SELECT {key}, list(title_id ORDER BY place)[:{length}] AS {name}
        FROM (
            SELECT {key}, title_id, min(place) AS place
            FROM (
                SELECT {key}, title_id,
                    row_number() OVER (PARTITION BY {key} ORDER BY happened DESC, title_id DESC)
                        AS place
                FROM facts WHERE watched = 1
            )
            WHERE place <= {DEPTH} GROUP BY ALL
        )
        GROUP BY {key}"""  # noqa: S608
