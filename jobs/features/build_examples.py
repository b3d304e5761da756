"""Build the training examples of a night: labels of the last year with what was known before each."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from features import buckets
from features.examples import training_examples
from features.offline import Sources
from features.watches import DAY, known_events, microseconds, midnight_after
from lakehouse.catalog import EVENTS, PROFILES, TITLES, TRAINING_EXAMPLES

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.tables import Lake


def main(lake: Lake, night: date) -> None:
    """Read what was known when the night ended and write its examples."""
    end = microseconds(midnight_after(night))
    start = end - lake.settings.training_days * DAY
    sources = Sources(
        event_files=tuple(lake.files(EVENTS)),
        profiles=lake.arrow(PROFILES, night),
        titles=lake.arrow(TITLES, night),
        before=end,
        scratch=lake.settings.at("scratch"),
    )
    events = known_events(lake, night)
    run = functools.partial(buckets.run, lake.spark)
    examples = training_examples(events, sources, start, lake.settings.seed, run)
    lake.write(TRAINING_EXAMPLES, examples, night)
