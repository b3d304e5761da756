"""Check tables for a night: validate each suite, keep what breaks it, document all, then judge."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from expectations import documents, results, scope
from expectations.batch import MOST_CELLS_IN_MEMORY, batch_of
from expectations.columns import COLUMNS_AGREE, ColumnsOf
from expectations.results import FailedChecks, TableResult
from expectations.suites import SUITES
from expectations.validate import validated

if TYPE_CHECKING:
    from datetime import date

    from great_expectations.data_context import AbstractDataContext

    from expectations.results import Outcome
    from expectations.suites.suite import Suite
    from expectations.validate import Broken
    from lakehouse.catalog import Table
    from lakehouse.tables import Lake

logger = logging.getLogger(__name__)


def check(
    lake: Lake, tables: list[Table], night: date, most_cells: int = MOST_CELLS_IN_MEMORY
) -> list[TableResult]:
    """Check the tables; raises FailedChecks if a critical expectation does not hold.

    All tables are checked and documented before it raises, so that one run shows every fault.
    """
    context = documents.context_of(lake.settings)
    found = [check_table(context, lake, SUITES[t.name], night, most_cells) for t in tables]
    documents.build(context, lake.settings, night, {result.suite for result in found})
    for result in found:
        logger.info("%s %s, %s rows", result.table, result.verdict, f"{result.rows:,}")
        for outcome in result.warned:
            logger.warning("%s warns: %s", result.table, results.sentence(outcome))
    if any(result.failed for result in found):
        raise FailedChecks(night, found)
    return found


def check_table(
    context: AbstractDataContext, lake: Lake, suite: Suite, night: date, most_cells: int
) -> TableResult:
    """Check one table and keep the result; what passed is noted so that it is not read again."""
    started = time.monotonic()
    seen = {} if suite.table.snapshot else scope.files_by_night(lake, suite.table)
    nights = scope.nights_to_check(lake, suite, night)
    result = judged(context, lake, suite, night, nights, most_cells)
    result = replace(result, seconds=round(time.monotonic() - started, 3))
    results.write(lake.settings, night, result)
    if result.verdict != "failed":
        scope.note_passed(lake, suite, seen, nights)
    return result


def judged(
    context: AbstractDataContext,
    lake: Lake,
    suite: Suite,
    night: date,
    nights: list[date],
    most_cells: int,
) -> TableResult:
    """Compare the columns first; where they differ, no row can be read as the suite means it."""
    name = suite.table.name
    result = TableResult(name, night.isoformat(), "memory", 0, len(nights), 0.0, [])
    agree = ColumnsOf(lake, suite.table)
    first, broken = validated(context, f"{name}.columns", [COLUMNS_AGREE], night, agree)
    first = keep(lake, suite, night, first, broken)
    if not first[0].success:
        return replace(result, outcomes=first)
    batch = batch_of(lake, suite, night, nights, most_cells)
    try:
        outcomes, broken = validated(context, name, suite.expectations, night, batch)
    finally:
        batch.close()
    outcomes = [*first, *keep(lake, suite, night, outcomes, broken)]
    return replace(result, engine=batch.name, rows=batch.rows, outcomes=outcomes)


def keep(
    lake: Lake, suite: Suite, night: date, outcomes: list[Outcome], broken: Broken
) -> list[Outcome]:
    """Write the rows that break an expectation beside the result of their table."""
    folder = results.folder(lake.settings, night) / suite.table.name
    kept = []
    for place, outcome in enumerate(outcomes):
        if outcome.says in broken:
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"{place:02}_{outcome.name.replace('(', '.').rstrip(')')}.parquet"
            pq.write_table(broken[outcome.says], file)
            outcome = replace(outcome, kept=str(file.relative_to(lake.settings.var)))
        kept.append(outcome)
    return kept
