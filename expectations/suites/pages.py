"""What must hold of pages, of the counts behind them, and of published versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import great_expectations.expectations as gxe
import pyarrow as pa

from expectations.measures import pages as measure
from expectations.suites.suite import (
    WARNING,
    Suite,
    between,
    named,
    never,
    never_null,
    one_of,
    values,
)
from lakehouse.catalog import (
    FILTER_COUNTS,
    PAGES,
    PLAYABLE_TITLES,
    SOURCE_COUNTS,
    TITLES,
    VERSIONS,
)

if TYPE_CHECKING:
    from datetime import date

    from expectations.measures import Known
    from lakehouse.tables import Lake

ROW_SOURCES = ("top_picks", "because_you_watched", "trending", "new", "popular")
"""The algorithms of a row; a genre row is called genre: and its genre."""
SOURCES = (
    "two_tower", "co_watch", "transitions", "content", "popular", "trending", "new",
    "because_you_watched",
)  # fmt: skip
"""The ways to find candidates, in the order of their bits."""
FEW_TITLES = 10
"""A page with fewer titles than fill one shelf of a phone looks broken."""
MOST_REMOVED, MUCH_REMOVED = 0.97, 0.8
"""A filter that leaves 3 of 100 candidates leaves no choice; at one in five we want to know."""


def shown_may_be(lake: Lake, night: date) -> Known:
    """What a page may show: the titles of the night, in rows of these algorithms.

    `playing` is there only where the service shows no others: those that the pages were made by.
    """
    known = {
        "titles": values(lake, TITLES, "title_id", night),
        "sources": pa.array(ROW_SOURCES),
    }
    if lake.settings.unplayable == "remove":
        known["playing"] = values(lake, PLAYABLE_TITLES, "title_id", night)
    return known


SUITES = (
    Suite(
        PAGES,
        measure=measure.pages,
        facts=shown_may_be,
        says=(
            never_null("popular", "A page says whether it is a popular one."),
            gxe.ExpectColumnDistinctValuesToContainSet(
                column="profile_id", value_set=[""],
                description="There is a page for whoever has none.",
            ),
            never("for_nobody", "The page of no profile is a popular one."),
            between("rows_on_page", 1, None, "Every page has a row."),
            between("titles_on_page", 1, None, "Every page has a title."),
            between("titles_on_page", FEW_TITLES, None, "A page has ten titles.", WARNING),
            never("empty_rows", "No row is empty."),
            never("repeated_titles", "A title appears once on a page."),
            never("no_such_titles", "Every title shown is one of the night's catalogue."),
            never("unplayable_titles", "Every title shown plays, where no other may be shown."),
            never("slots_apart", "Every slot has its source bits and its propensity."),
            never("not_a_source", "Every row is of a declared algorithm."),
            gxe.ExpectColumnValuesToBeBetween(
                column="lowest_propensity", min_value=0, strict_min=True,
                description="Every propensity is above 0: the title could be shown, for it was.",
            ),
            between("highest_propensity", None, 1, "No propensity is above 1."),
        ),
    ),
    Suite(
        FILTER_COUNTS,
        measure=measure.filter_counts,
        says=(
            between("candidates", 0, None, "The count candidates is not negative."),
            between("removed", 0, None, "The count removed is not negative."),
            between("removed_share", 0, MOST_REMOVED, "A filter leaves more than 3 in 100."),
            between("removed_share", 0, MUCH_REMOVED, "A filter leaves one in five.", WARNING),
        ),
    ),
    Suite(
        SOURCE_COUNTS,
        measure=measure.source_counts,
        says=(
            one_of("source", SOURCES, "A source is one of those declared."),
            between("candidates", 0, None, "The count candidates is not negative."),
            between("candidates", 1, None, "Every source found something.", WARNING),
            between("only_here", 0, None, "The count only_here is not negative."),
            between("slots", 0, None, "The count slots is not negative."),
            never("more_than_found", "What a source alone found, it found."),
        ),
    ),
    Suite(
        VERSIONS,
        says=(
            named("version", "A version has a name."),
            gxe.ExpectColumnValueLengthsToEqual(
                column="stamp", value=32, description="A stamp is 16 bytes in hexadecimal.",
            ),
            never_null("stamp", "A version has its stamp."),
            between("pages", 1, None, "A version holds pages."),
            between("page_bytes", 1, None, "Pages have a size."),
            one_of("state", ("staged", "live", "backup", "quarantined"), "A state is one of four."),
        ),
    ),
)  # fmt: skip
