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

    import pyarrow as pa

    from features.offline import Runner
    from lakehouse.tables import Lake


def examples_of(lake: Lake, night: date, run: Runner) -> pa.Table:
    """The examples of a night: nothing that happened or was known after it is read."""
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
    return training_examples(events, sources, start, lake.settings.seed, run)


def main(lake: Lake, night: date) -> None:
    """Join on Spark what was known when the night ended, and write its examples."""
    run = functools.partial(buckets.run, lake.spark)
    lake.write(TRAINING_EXAMPLES, examples_of(lake, night, run), night)
