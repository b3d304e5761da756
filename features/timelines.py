"""Turn facts into timelines, so that a windowed value at any time is one as-of join away.

A window is a step function: a fact adds its amount at the moment it becomes known and takes it back
when it leaves the window. The total at T is the running sum of the steps before T, strictly: what
shares the moment of a label is its future. So every window of every feature of an entity is one
column of one timeline; the work is linear in facts and labels, and late facts step in late.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from features.declared import Newest, Total
from features.facts import (
    KEYS,
    attribute_columns,
    shares_of_held,
    totals,
    typed_totals,
    windowed_columns,
)

if TYPE_CHECKING:
    from features.declared import Entity, Feature, Shares

STRICTLY_AFTER = ">"
"""How a label's time compares with the moment of what it may know; tests plant a leak here."""
MICROSECOND = timedelta(microseconds=1)
ATTRIBUTES: dict[Entity, str] = {"profile": "profiles", "title": "titles"}
"""The relation that holds the attributes of an entity."""


def timeline(key: tuple[str, ...], names: dict[Total | Newest, str]) -> str:
    """SQL: (key, moment, running totals) of the relation `facts`, one row per moment of a key."""
    keys = ", ".join(key)
    sums = [
        f"max({name}) AS {name}" if isinstance(total, Newest) else f"sum({name})::BIGINT AS {name}"
        for total, name in names.items()
    ]
    running = [
        f"{'max' if isinstance(total, Newest) else 'sum'}({name}) OVER steps AS {name}"
        for total, name in names.items()
    ]
    return f"""
        SELECT {keys}, moment, {", ".join(running)}
        FROM (
            SELECT {keys}, moment, {", ".join(sums)}
            FROM ({" UNION ALL ".join(_steps(keys, names))})
            GROUP BY ALL
        )
        WINDOW steps AS (PARTITION BY {keys} ORDER BY moment ROWS UNBOUNDED PRECEDING)"""  # noqa: S608


def _steps(keys: str, names: dict[Total | Newest, str]) -> list[str]:
    """One SELECT for facts that enter, and one for each length of window that they leave."""
    amounts = [total.amount for total in names if isinstance(total, Total)]
    counted = " OR ".join(
        [f"({amount}) <> 0" for amount in dict.fromkeys(amounts)]
        + [f"({total.where})" for total in names if isinstance(total, Newest)]
    )
    entering = [
        f"CASE WHEN {total.where} THEN happened END AS {name}"
        if isinstance(total, Newest)
        else f"({total.amount})::BIGINT AS {name}"
        for total, name in names.items()
    ]
    steps = [f"SELECT {keys}, moment, {', '.join(entering)} FROM facts WHERE {counted}"]  # noqa: S608
    windows = {total.window for total in names if isinstance(total, Total) and total.window}
    return steps + [_leaving(keys, names, window) for window in sorted(windows)]


def _leaving(keys: str, names: dict[Total | Newest, str], window: timedelta) -> str:
    """Facts older than the window are taken back, but never before they were known.

    A fact is inside at T as long as it is no older than T less the window: it leaves right after.
    """
    length = window // MICROSECOND
    columns = [
        f"-({total.amount})::BIGINT AS {name}"
        if isinstance(total, Total) and total.window == window
        else f"{'NULL' if isinstance(total, Newest) else 0}::BIGINT AS {name}"
        for total, name in names.items()
    ]
    leaving = {f"({t.amount}) <> 0" for t in names if isinstance(t, Total) and t.window == window}
    return (
        f"SELECT {keys}, greatest(happened + {length}, moment) AS moment, {', '.join(columns)} "  # noqa: S608
        f"FROM facts WHERE {' OR '.join(sorted(leaving))}"
    )


def values_as_of(entity: Entity, features: tuple[Feature, ...]) -> str:
    """SQL: one row per row of `asked` (label, keys, as_of in microseconds) with its features.

    Reads the relations `facts` and, for attributes, `profiles` or `titles`.
    """
    key, names = KEYS[entity], totals(features)
    attributes = ATTRIBUTES.get(entity)
    joined = f"LEFT JOIN {attributes} USING ({', '.join(key)})" if attributes else ""
    columns = windowed_columns(features) + attribute_columns(features)
    known = typed_totals(names)
    keys = ", ".join(f"a.{part}" for part in key)
    return f"""
        WITH timeline AS ({timeline(key, names)}),
        known AS (
            SELECT a.label, {keys}, make_timestamp(a.as_of) AS as_of, {", ".join(known)}
            FROM asked a ASOF LEFT JOIN timeline t
            ON {_same(key)} AND a.as_of {STRICTLY_AFTER} t.moment
        )
        SELECT label, {", ".join(columns)} FROM known {joined}"""  # noqa: S608


def shares_as_of(entity: Entity, name: str, made: Shares) -> str:
    """SQL: one row per row of `asked` with the shares that an amount had among words by then."""
    (key,) = KEYS[entity]
    return f"""
        WITH amounts AS (
            SELECT {key}, moment, unnest({made.words}) AS word, ({made.amount})::BIGINT AS amount
            FROM facts WHERE coalesce(({made.amount}), 0) <> 0
        ),
        timeline AS (
            SELECT {key}, word, moment, sum(amount) OVER steps AS amount
            FROM (SELECT {key}, word, moment, sum(amount)::BIGINT AS amount FROM amounts GROUP BY ALL)
            WINDOW steps AS (PARTITION BY {key}, word ORDER BY moment ROWS UNBOUNDED PRECEDING)
        ),
        wanted AS (
            SELECT a.label, a.as_of, w.* FROM asked a
            JOIN (SELECT DISTINCT {key}, word FROM amounts) w USING ({key})
        ),
        held AS (
            SELECT a.label, a.word, t.amount FROM wanted a ASOF JOIN timeline t
            ON {_same((key, "word"))} AND a.as_of {STRICTLY_AFTER} t.moment
            WHERE t.amount > 0
        ),
        shares AS ({shares_of_held("label", name)})
        SELECT label, coalesce({name}, MAP {{}}) AS {name}
        FROM asked LEFT JOIN shares USING (label)"""  # noqa: S608


def _same(key: tuple[str, ...]) -> str:
    return " AND ".join(f"a.{part} = t.{part}" for part in key)
