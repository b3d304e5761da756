"""What must hold of landed lines, events, rejects and their counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from expectations.measures import events as measure
from expectations.suites.suite import (
    WARNING,
    Suite,
    between,
    named,
    never,
    never_null,
    one_of,
)
from lakehouse.catalog import EVENT_COUNTS, EVENT_TYPES, EVENTS, LANDED, REJECTED_EVENTS

if TYPE_CHECKING:
    from datetime import date

    from expectations.measures import Known
    from lakehouse.tables import Lake

CLOCK_SKEW_SECONDS = 300
"""A player's clock may run this far ahead before its event is one of the future."""
REJECTED_SHARE = 0.05
"""A log in which more lines than this are broken has most likely changed its form."""


def rows_stored(lake: Lake, night: date) -> Known:
    """What the logs of the three tables say that they hold, a night each."""
    del night
    told: Known = {}
    for name, table in (("landed", LANDED), ("events", EVENTS), ("rejected", REJECTED_EVENTS)):
        counts = lake.row_counts(table)
        told[f"{name}_nights"] = pa.array(list(counts), pa.date32())
        told[f"{name}_rows"] = pa.array(list(counts.values()), pa.int64())
    return told


SUITES = (
    Suite(
        LANDED,
        says=(
            never_null("raw", "A landed line has its text, even if that is empty."),
            never_null("file", "A landed line names its file."),
            never_null("landed_for", "A landed line names the night it was landed for."),
        ),
    ),
    Suite(
        EVENTS,
        measure=measure.events,
        says=(
            never_null("type", "An event has a type."),
            one_of("type", EVENT_TYPES, "The type of an event is one of the vocabulary."),
            never_null("profile_id", "An event has a profile."),
            named("profile_id", "A profile has a name: the empty one stands for everybody."),
            never_null("event_time", "An event has its time."),
            never_null("known_time", "An event has the time when it could be known."),
            between(
                "ahead_seconds", None, CLOCK_SKEW_SECONDS,
                "No event happens more than five minutes after it was known.",
            ),
            never("title_unsaid", "Every event but a search names its title."),
            between("seconds", 0, None, "Seconds watched are not negative."),
            between("shown_slot", 0, None, "A slot shown is not negative."),
            never(
                "shown_unsaid",
                "An impression names the version that was shown: without it no page can be judged.",
                WARNING,
            ),
        ),
    ),
    Suite(
        REJECTED_EVENTS,
        says=(
            never_null("reason", "A rejected line has its reason."),
            named("reason", "The reason of a rejected line is a sentence."),
            never_null("raw", "A rejected line keeps its text."),
            never_null("file", "A rejected line names its file."),
        ),
    ),
    Suite(
        EVENT_COUNTS,
        measure=measure.event_counts,
        facts=rows_stored,
        says=(
            *(between(c, 0, None, f"The count {c} is not negative.")
              for c in ("landed", "events", "rejected", "duplicates")),
            never("unaccounted", "Every landed line is an event, a reject or a duplicate."),
            never("landed_not_stored", "bronze.landed holds the lines that were counted in."),
            never("events_not_stored", "silver.events holds the events that were counted."),
            never("rejected_not_stored", "silver.rejected_events holds the rejects counted."),
            between(
                "rejected_share", 0, REJECTED_SHARE,
                "At most one landed line in twenty is rejected.", WARNING,
            ),
        ),
    ),
)  # fmt: skip
