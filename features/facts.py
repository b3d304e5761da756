"""Read events as facts: what adds up, when it happened and from which moment on it was known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from features.declared import Attribute, Newest, Windowed
from lakehouse.catalog import WATCHED_TYPES

if TYPE_CHECKING:
    from features.declared import Entity, Feature, Total

KEYS: dict[Entity, tuple[str, ...]] = {
    "profile": ("profile_id",), "title": ("title_id",), "pair": ("profile_id", "title_id"),
}  # fmt: skip
"""The columns that name an entity; a context is named by its time alone."""


def facts(before: int | None = None) -> str:
    """SQL: one row per event of the relations `events` and `titles`, for amounts to be taken of.

    `happened` and `moment` are microseconds since 1970: a fact counts from its moment on, the later
    of when it happened and when it was known. With `before`, only facts of earlier moments.
    """
    watched = ", ".join(f"'{kind}'" for kind in WATCHED_TYPES)
    bound = f"WHERE moment < {before}" if before is not None else ""
    return f"""
        SELECT * FROM (
            SELECT profile_id, title_id, type, seconds,
                epoch_us(event_time) AS happened,
                greatest(epoch_us(event_time), epoch_us(known_time)) AS moment,
                make_timestamp(epoch_us(event_time)) AS event_time,
                (type IN ({watched}))::INT AS watched,
                (type = 'like')::INT AS liked,
                (type = 'dislike')::INT AS disliked,
                coalesce(t.genres, []) AS genres,
                t.year
            FROM events e LEFT JOIN (SELECT title_id, genres, year FROM titles) t USING (title_id)
        ) {bound}"""  # noqa: S608


def totals(features: tuple[Feature, ...]) -> dict[Total | Newest, str]:
    """Every total that windowed features need, said once, with the name of its column."""
    wanted = [
        total
        for feature in features
        if isinstance(feature.made, Windowed)
        for total in feature.made.totals.values()
    ]
    return {total: f"total_{place}" for place, total in enumerate(dict.fromkeys(wanted))}


def windowed_columns(features: tuple[Feature, ...]) -> list[str]:
    """SQL for the value of each windowed feature, over the columns of `totals` and `as_of`."""
    names = totals(features)
    return [
        filled(feature, _named(feature.made, names))
        for feature in features
        if isinstance(feature.made, Windowed)
    ]


def attribute_columns(features: tuple[Feature, ...]) -> list[str]:
    """SQL for the value of each attribute, over the columns of its entity's table and `as_of`."""
    return [
        filled(feature, feature.made.value)
        for feature in features
        if isinstance(feature.made, Attribute)
    ]


def shares_of_held(owner: str, name: str) -> str:
    """SQL: one map of shares per owner, of the relation `held` (owner, word, amount)."""
    return f"""
        SELECT {owner}, map(list(word ORDER BY word), list(share ORDER BY word)) AS {name}
        FROM (
            SELECT {owner}, word, amount / sum(amount) OVER (PARTITION BY {owner})::DOUBLE AS share
            FROM held
        )
        GROUP BY {owner}"""  # noqa: S608


def _named(made: Windowed, names: dict[Total | Newest, str]) -> str:
    """The value with the feature's own words replaced by the columns of the totals."""
    text = made.value
    for word, total in made.totals.items():
        text = re.sub(rf"\b{word}\b", names[total], text)
    return text


def filled(feature: Feature, value: str) -> str:
    """SQL: a value, or what the declaration says where there is none."""
    kinds = {"number": "DOUBLE", "whole": "INT", "category": "VARCHAR", "words": "VARCHAR[]"}
    typed = f"({value})::{kinds[feature.kind]}"
    match feature.when_absent:
        case None:
            return f"{typed} AS {feature.name}"
        case ():
            absent = "[]"
        case str() as word:
            absent = f"'{word}'"
        case number:
            absent = str(number)
    return f"coalesce({typed}, {absent}) AS {feature.name}"


def typed_totals(names: dict[Total | Newest, str]) -> list[str]:
    """SQL for the totals as values see them: no event adds up to 0, and the newest is a time."""
    return [
        f"make_timestamp({name}) AS {name}"
        if isinstance(total, Newest)
        else f"coalesce({name}, 0)::BIGINT AS {name}"
        for total, name in names.items()
    ]
