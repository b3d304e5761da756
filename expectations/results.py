"""Keep what checks found: one JSON file a table and night, read by the report and the manifest."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal

from lakehouse.catalog import PERSONAL
from lakehouse.errors import MarqueeError
from lakehouse.files import write_whole

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from lakehouse.settings import Settings

Verdict = Literal["passed", "warned", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of one expectation."""

    name: str
    """Its type and column, such as expect_column_values_to_be_in_set(type)."""
    says: str
    """What must hold, as a sentence."""
    severity: str
    """critical or warning."""
    success: bool
    checked: int
    """Rows looked at."""
    broken_by: int
    """Rows that break it; of an expectation about the whole table, 1."""
    observed: str = ""
    """What was found instead, where the expectation is about the whole table."""
    examples: list[dict[str, object]] = field(default_factory=list)
    """Up to three rows that break it, whole."""
    kept: str = ""
    """The Parquet file of the rows that break it."""


@dataclass(frozen=True)
class TableResult:
    """What became of one table's check."""

    table: str
    night: str
    engine: str
    """memory or spark."""
    rows: int
    """Rows looked at."""
    nights: int
    """Nights looked at: of a history, those that no check had passed before, and this one."""
    seconds: float
    outcomes: list[Outcome]

    @property
    def suite(self) -> str:
        """The suite worth a page: of the rows, or of the columns where no row could be read."""
        return f"{self.table}.columns" if len(self.outcomes) == 1 else self.table

    @property
    def verdict(self) -> Verdict:
        """failed where a critical expectation does not hold, warned where only others do not."""
        broken = {outcome.severity for outcome in self.outcomes if not outcome.success}
        if "critical" in broken:
            return "failed"
        return "warned" if broken else "passed"

    @property
    def failed(self) -> list[Outcome]:
        """The critical expectations that do not hold."""
        return [o for o in self.outcomes if not o.success and o.severity == "critical"]

    @property
    def warned(self) -> list[Outcome]:
        """The other expectations that do not hold."""
        return [o for o in self.outcomes if not o.success and o.severity != "critical"]


class FailedChecks(MarqueeError):
    """A critical expectation does not hold, so nothing that reads the table may run."""

    def __init__(self, night: date, results: list[TableResult]) -> None:
        found = [
            f"{result.table}: {sentence(outcome)}"
            for result in results
            for outcome in result.failed
        ]
        super().__init__(
            f"The check of {night} stopped the chain, so nothing reads these tables: "
            + " | ".join(found)
            + f" | Mend the rows at their source and clear the job of {night}."
        )


def sentence(outcome: Outcome) -> str:
    """One expectation that does not hold: its sentence, name, count, examples, where they are.

    Nobody can be told from the examples; the rows in the file are whole.
    """
    told = f"{outcome.says.rstrip('.')} [{outcome.name}]"
    if outcome.observed:
        return f"{told}: found {outcome.observed}"
    examples = masked(outcome.examples)
    shown = "; ".join(json.dumps(row, default=str, ensure_ascii=False) for row in examples)
    kept = f"; the rows are in {outcome.kept}" if outcome.kept else ""
    return (
        f"{told}: {outcome.broken_by:,} of {outcome.checked:,} rows break it, such as {shown}{kept}"
    )


def masked(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The rows with a number in the place of who they are about; equal people have equal ones.

    Sentences go into logs that more people read than the lake; an empty id is nobody and stays.
    """
    told: dict[str, dict[object, str]] = {name: {} for name in PERSONAL}
    return [
        {
            name: told[name].setdefault(value, f"#{len(told[name]) + 1}")
            if name in told and value
            else value
            for name, value in row.items()
        }
        for row in rows
    ]


def folder(settings: Settings, night: date) -> Path:
    """Where the results of a night's checks lie."""
    return settings.at("checks", night.isoformat())


def write(settings: Settings, night: date, result: TableResult) -> Path:
    """Write the result of a table, whole or not at all."""
    path = folder(settings, night) / f"{result.table}.json"
    write_whole(
        path, json.dumps(asdict(result) | {"verdict": result.verdict}, indent=1, default=str)
    )
    return path


def read(settings: Settings, night: date) -> list[TableResult]:
    """The results of every table that was checked for a night, by name."""
    found = []
    for path in sorted(folder(settings, night).glob("*.json")):
        told = json.loads(path.read_text())
        told.pop("verdict")
        outcomes = [Outcome(**outcome) for outcome in told.pop("outcomes")]
        found.append(TableResult(outcomes=outcomes, **told))
    return found


def verdicts(settings: Settings, night: date) -> dict[str, Verdict]:
    """Table to verdict, for the manifest: the same for two runs that find the same."""
    return {result.table: result.verdict for result in read(settings, night)}
