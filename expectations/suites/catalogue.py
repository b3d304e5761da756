"""What must hold of titles and profiles."""

from __future__ import annotations

from expectations.measures import events as measure
from expectations.suites.suite import WARNING, Suite, between, named, never, never_null
from lakehouse.catalog import PROFILES, TITLES

FIRST_FILM_YEAR = 1878
"""Muybridge's horse."""

SUITES = (
    Suite(
        TITLES,
        measure=measure.titles,
        says=(
            named("title_id", "A title's id is not the empty text."),
            never_null("name", "A title has a name: pages would show its id.", WARNING),
            between(
                "year", FIRST_FILM_YEAR, 2100,
                "A title's year lies between the first film and 2100.", WARNING,
            ),
            between("runtime_seconds", 1, None, "A title that says its length has one."),
            between("maturity", 0, None, "A maturity level is not negative."),
            never("empty_genres", "No genre is an empty word."),
            never("ends_before_it_begins", "No title ends being available before it begins."),
        ),
    ),
    Suite(
        PROFILES,
        says=(
            named("profile_id", "A profile's id is not the empty text: that is everybody's page."),
            between("maturity_limit", 0, None, "A maturity limit is not negative."),
        ),
    ),
)  # fmt: skip
