"""What must hold of features, pairs of titles, training examples and vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import great_expectations.expectations as gxe

from expectations.measures import features as measure
from expectations.suites.suite import (
    WARNING,
    Suite,
    between,
    never,
    never_null,
    one_of,
    values,
)
from features.declared import BY_NAME
from lakehouse.catalog import (
    CO_WATCHES,
    PROFILE_FEATURES,
    PROFILES,
    TITLE_FEATURES,
    TITLE_VECTORS,
    TITLES,
    TRAINING_EXAMPLES,
    TRANSITIONS,
)

if TYPE_CHECKING:
    from datetime import date

    from great_expectations.expectations.expectation import Expectation

    from expectations.measures import Known
    from lakehouse.catalog import Table
    from lakehouse.tables import Lake

SHARE_ROUNDING = 1e-6
"""Shares that add up to one may miss it by this much."""
LENGTH_ROUNDING = 1e-3
"""A vector of length one, stored as FLOAT, may miss it by this much."""
RANGES: dict[str, tuple[float | None, float | None]] = {
    "like_share": (0, 1), "novelty_appetite": (0, 1), "days_since_last_play": (0, 365),
    "title_like_share": (0, 1), "title_trend": (None, None), "year": (1878, 2100),
    "genre_match": (0, 1 + SHARE_ROUNDING), "weekday": (0, 6), "hour": (0, 23),
}  # fmt: skip
"""The range of a feature that is not simply a count: those are 0 or more."""


def declared(table: Table) -> list[Expectation]:
    """What its declaration says of each plain feature of a table: never absent, in its range."""
    found: list[Expectation] = []
    for name in table.column_types:
        feature = BY_NAME.get(name)
        if feature is None or feature.kind not in ("number", "whole", "category"):
            continue
        if feature.when_absent is not None or feature.entity == "context":
            found.append(never_null(name, f"{name} is filled, absent or not."))
        low, high = RANGES.get(name, (0, None))
        if feature.kind != "category" and (low, high) != (None, None):
            said = f"{name} is {low} or more." if high is None else f"{name} is {low} to {high:g}."
            # the catalogue's year is judged where titles are checked
            found.append(between(name, low, high, said, WARNING if name == "year" else "critical"))
    return found


def profiles_known(lake: Lake, night: date) -> Known:
    """The profiles of the night."""
    return {"profiles": values(lake, PROFILES, "profile_id", night)}


def titles_known(lake: Lake, night: date) -> Known:
    """The titles of the night."""
    return {"titles": values(lake, TITLES, "title_id", night)}


SHARES_ADD_UP = between(
    "shares_off", 0, SHARE_ROUNDING, "A profile's genre shares add up to one, or there are none."
)
WINDOWS_GROW = never("windows_shrink", "A longer window holds at least what a shorter one does.")

SUITES = (
    Suite(
        PROFILE_FEATURES,
        measure=measure.profiles,
        facts=profiles_known,
        may_be_empty=True,
        says=(
            *declared(PROFILE_FEATURES),
            SHARES_ADD_UP,
            WINDOWS_GROW,
            never("no_such_profile", "Features belong to a profile of the night.", WARNING),
        ),
    ),
    Suite(
        TITLE_FEATURES,
        measure=measure.titles,
        facts=titles_known,
        says=(
            *declared(TITLE_FEATURES),
            WINDOWS_GROW,
            never("no_such_title", "Features belong to a title of the night.", WARNING),
        ),
    ),
    Suite(
        CO_WATCHES,
        measure=measure.co_watches,
        may_be_empty=True,
        says=(
            never_null("score", "A pair has its score."),
            between("score", 0, None, "The score of a pair is not negative."),
            never("with_itself", "No title is paired with itself."),
        ),
    ),
    Suite(
        TRANSITIONS,
        measure=measure.transitions,
        may_be_empty=True,
        says=(
            never_null("score", "A pair has its score."),
            between("score", 0, None, "The score of a pair is not negative."),
            never("with_itself", "No title follows itself: a rewatch is no transition.", WARNING),
        ),
    ),
    Suite(
        TRAINING_EXAMPLES,
        measure=measure.examples,
        says=(
            never_null("watched", "An example has its label."),
            never_null("origin", "An example says where it comes from."),
            one_of("origin", ("watched", "sampled", "shown"), "An origin is one of three."),
            gxe.ExpectColumnDistinctValuesToContainSet(
                column="watched", value_set=[True, False],
                description="Both outcomes are there: a model of one outcome learns nothing.",
            ),
            never("unlike_origin", "A label agrees with its origin."),
            never("completed_unwatched", "What was not watched was not completed."),
            never("after_night", "No label is from after the night."),
            *declared(TRAINING_EXAMPLES),
            SHARES_ADD_UP,
            WINDOWS_GROW,
        ),
    ),
    Suite(
        TITLE_VECTORS,
        measure=measure.vectors,
        facts=titles_known,
        says=(
            between(
                "vector_length", 1 - LENGTH_ROUNDING, 1 + LENGTH_ROUNDING,
                "A vector has length one.",
            ),
            gxe.ExpectColumnUniqueValueCountToBeBetween(
                column="dimension", min_value=1, max_value=1,
                description="All vectors have the same number of dimensions.",
            ),
            never_null("model_hash", "A vector names the model that made it."),
            gxe.ExpectColumnUniqueValueCountToBeBetween(
                column="model_hash", min_value=1, max_value=1,
                description="All vectors of a night come from one model.",
            ),
            never("no_such_title", "A vector belongs to a title of the night."),
        ),
    ),
)  # fmt: skip
