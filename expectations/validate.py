"""Run a suite over a batch, once for the counts and once more for the rows that break it."""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import great_expectations as gx

from expectations.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import pyarrow as pa
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )
    from great_expectations.data_context import AbstractDataContext
    from great_expectations.expectations.expectation import Expectation

    from expectations.batch import Batch

MOST_KEPT = 1_000
"""Rows kept of those that break one expectation; the count is of all."""
EXAMPLES = 3
Broken = dict[str, "pa.Table"]
"""What an expectation says, to the rows that break it."""
Results = dict[str, "ExpectationValidationResult"]
"""What an expectation says, to its result."""


def validated(
    context: AbstractDataContext,
    name: str,
    expectations: Sequence[Expectation],
    night: date,
    batch: Batch,
) -> tuple[list[Outcome], Broken]:
    """What became of each expectation, in their order, and the rows that break them.

    An expectation is known by its sentence, so no two of a suite may share one.
    """
    suite = context.suites.add_or_update(
        gx.ExpectationSuite(name, expectations=[copy(e) for e in expectations])
    )
    definition = batch.definition(context)
    results = run(context, name, suite, definition, night, batch)
    failed = [e for e in expectations if not results[str(e.description)].success]
    results |= looked_closer(failed, definition, batch)
    broken = broken_rows(results, batch)
    outcomes = [outcome(results[str(e.description)], batch.rows, broken) for e in expectations]
    return outcomes, broken


def by_sentence(told: ExpectationSuiteValidationResult) -> Results:
    """Results by the sentence of their expectation: Great Expectations changes their order."""
    return {str(result.expectation_config.description): result for result in told.results}


def run(
    context: AbstractDataContext,
    name: str,
    suite: gx.ExpectationSuite,
    definition: BatchDefinition[Any],
    night: date,
    batch: Batch,
) -> Results:
    """Validate, and let the context keep the result under the night: a rerun takes its place."""
    validation = gx.ValidationDefinition(name=name, data=definition, suite=suite)
    midnight = datetime(night.year, night.month, night.day, tzinfo=UTC)
    told = context.validation_definitions.add_or_update(validation).run(
        batch_parameters={"dataframe": batch.frame},
        result_format={"result_format": batch.first_look, "partial_unexpected_count": EXAMPLES},
        run_id=gx.RunIdentifier(run_name=night.isoformat(), run_time=midnight),
    )
    return by_sentence(told)


def looked_closer(
    failed: list[Expectation], definition: BatchDefinition[Any], batch: Batch
) -> Results:
    """The results of those that failed again, with counts and the rows that break them."""
    if not failed:
        return {}
    asked: dict[str, Any] = {"result_format": "SUMMARY", "partial_unexpected_count": MOST_KEPT}
    if batch.index_columns:
        asked["unexpected_index_column_names"] = list(batch.index_columns)
    suite = gx.ExpectationSuite("failed", expectations=[copy(e) for e in failed])
    read = definition.get_batch({"dataframe": batch.frame})
    return by_sentence(read.validate(suite, result_format=asked))


def broken_rows(results: Results, batch: Batch) -> Broken:
    """The whole rows that break each expectation, at most MOST_KEPT."""
    index = {
        says: result.result.get("partial_unexpected_index_list")
        for says, result in results.items()
        if not result.success
    }
    return {says: batch.broken_rows(listed) for says, listed in index.items() if listed}


def outcome(result: ExpectationValidationResult, rows: int, broken: Broken) -> Outcome:
    """What the report and the message say of one result."""
    config, told = result.expectation_config, result.result
    says = str(config.description)
    count = int(told.get("unexpected_count", 0 if result.success else 1))
    examples = broken[says].slice(0, EXAMPLES).to_pylist() if says in broken else []
    return Outcome(
        name=f"{config.type}({', '.join(columns(config.kwargs))})",
        says=says,
        severity=str(config.severity.value),
        success=bool(result.success),
        checked=rows,
        broken_by=count,
        observed="" if "unexpected_count" in told else observed(result),
        examples=[{k: v for k, v in row.items() if v is not None} for row in examples],
    )


def columns(kwargs: dict[str, Any]) -> list[str]:
    """The columns that an expectation names."""
    pair = [kwargs[name] for name in ("column_A", "column_B") if name in kwargs]
    return [kwargs["column"]] if "column" in kwargs else [*kwargs.get("column_list", []), *pair]


def observed(result: ExpectationValidationResult) -> str:
    """What an expectation about the whole table found, or why it could not be computed."""
    if result.result:
        missing = result.result.get("partial_missing_list")
        # not all that is there: of a set that may be every profile
        return f"none of {missing}" if missing else f"{result.result.get('observed_value')}"
    info = result.exception_info or {}
    reasons = [str(v["exception_message"]) for v in info.values() if isinstance(v, dict)]
    return "; ".join(sorted(set(reasons))) or str(info.get("exception_message"))
