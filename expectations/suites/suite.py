"""Tie a table to what must hold of it, and generate from the catalog what holds of all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import great_expectations.expectations as gxe
import pyarrow as pa

from expectations import measures
from expectations.measures import Known, Measure
from lakehouse.errors import MissingTable
from lakehouse.pins import as_pinned

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

    from lakehouse.catalog import Table
    from lakehouse.tables import Lake

Facts = Callable[["Lake", date], Known]
CRITICAL, WARNING = "critical", "warning"


@dataclass(frozen=True)
class Suite:
    """What must hold of one table: what the catalog says, and what is said here."""

    table: Table
    says: tuple[Expectation, ...]
    """The expectations of this table alone, over its plain columns and its measures."""
    measure: Measure = measures.none
    facts: Facts = lambda _lake, _night: {}
    """What the measure compares with, read from other tables once a check."""
    may_be_empty: bool = False
    """Whether a snapshot without rows is only worth a warning."""

    @property
    def expectations(self) -> list[Expectation]:
        """All of them, those of the catalog first; copies, since a run makes each its own."""
        return [copy(e) for e in (*of_the_catalog(self.table, self.may_be_empty), *self.says)]

    @property
    def columns(self) -> list[str]:
        """The plain columns and measures that the expectations name."""
        names = set(self.table.one_row_per)
        for expectation in self.expectations:
            named = expectation.configuration.kwargs
            names |= {named["column"]} if "column" in named else set()
            names |= set(named.get("column_list", ()))
        return sorted(names)

    @property
    def fingerprint(self) -> str:
        """A name for what is checked: with another one, what passed before is checked again."""
        said = [e.configuration.to_json_dict() for e in self.expectations]
        text = json.dumps(said, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def of_the_catalog(table: Table, may_be_empty: bool) -> list[Expectation]:
    """The key is there and names one row, numbers are numbers, a snapshot holds something."""
    key = list(table.one_row_per)
    found = [never_null(column, f"Every row has its {column}.") for column in key]
    named = f"No two rows share {' and '.join(key)}."
    if not table.snapshot:
        # counted over all nights, since a check sees only those that are new
        found.append(between("key_copies", 1, 1, named))
    elif len(key) == 1:
        found.append(gxe.ExpectColumnValuesToBeUnique(column=key[0], description=named))
    else:
        found.append(gxe.ExpectCompoundColumnsToBeUnique(column_list=key, description=named))
    if table.snapshot:
        found.append(
            gxe.ExpectTableRowCountToBeBetween(
                min_value=1,
                description="The night holds rows.",
                severity=WARNING if may_be_empty else CRITICAL,
            )
        )
    if "DOUBLE" in table.columns:
        found.append(never("not_finite", "No number is NaN or infinite."))
    return found


def never_null(column: str, says: str, severity: str = CRITICAL) -> Expectation:
    """The column is filled in every row."""
    return gxe.ExpectColumnValuesToNotBeNull(column=column, description=says, severity=severity)


def between(
    column: str, low: float | None, high: float | None, says: str, severity: str = CRITICAL
) -> Expectation:
    """Every value that is there lies in the range, its ends included."""
    return gxe.ExpectColumnValuesToBeBetween(
        column=column, min_value=low, max_value=high, description=says, severity=severity
    )


def never(measure: str, says: str, severity: str = CRITICAL) -> Expectation:
    """A measure that counts faults is 0 in every row."""
    return between(measure, 0, 0, says, severity)


def one_of(
    column: str, vocabulary: tuple[str, ...], says: str, severity: str = CRITICAL
) -> Expectation:
    """Every value that is there is one of these words."""
    return gxe.ExpectColumnValuesToBeInSet(
        column=column, value_set=list(vocabulary), description=says, severity=severity
    )


def named(column: str, says: str) -> Expectation:
    """No value is the empty text."""
    return gxe.ExpectColumnValueLengthsToBeBetween(column=column, min_value=1, description=says)


def values(lake: Lake, table: Table, column: str, night: date) -> pa.Array:
    """One column of another table as the night reads it; nothing where it was never written."""
    try:
        return as_pinned(lake, table, night, [column])[column].combine_chunks()
    except MissingTable:
        return pa.array([], pa.string())
