"""Spark, which checks tables too large for memory, finds what memory finds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from expectations import results
from expectations.check import check
from expectations.results import FailedChecks
from lakehouse.catalog import EVENTS, PAGES
from tests.conftest import NIGHT
from tests.expectations.conftest import EVENT, SHELF

if TYPE_CHECKING:
    from lakehouse.tables import Lake
    from tests.conftest import Rows
    from tests.expectations.conftest import Plant

pytestmark = pytest.mark.slow
TABLES = [EVENTS, PAGES]
"""Whose key is counted over all nights, and in its own."""


def found_by(lake: Lake, most_cells: int) -> list[tuple[object, ...]]:
    """Every outcome of the tables, by the engine for so many rows."""
    with pytest.raises(FailedChecks):
        check(lake, TABLES, NIGHT, most_cells)
    told = results.read(lake.settings, NIGHT)
    assert {result.engine for result in told if len(result.outcomes) > 1} == {
        "memory" if most_cells else "spark"
    }
    return [
        (result.table, result.rows, o.says, o.success, o.broken_by, o.observed, o.examples)
        for result in told
        for o in result.outcomes
        if not o.success
    ]


def test_both_engines_say_the_same(lake: Lake, plant: Plant) -> None:
    """A fault of each kind: vocabulary, null and repeated key, NaN, a list, a whole table."""
    shelf = SHELF | {"propensities": [1.0] * 9 + [0.0]}
    page = {"profile_id": "p1", "region": "", "popular": False, "rows": [shelf]}
    plant({
        EVENTS: [EVENT, EVENT | {"event_id": "e2", "type": "seen", "seconds": float("nan")},
                 EVENT | {"event_id": None}],
        PAGES: [page, page],
    })  # fmt: skip
    in_memory = found_by(lake, 10**9)
    assert {fault[0] for fault in in_memory} == {table.name for table in TABLES}
    assert sum("No two rows share" in str(fault[2]) for fault in in_memory) == 1  # of the pages
    assert found_by(lake, 0) == in_memory


def test_a_repeated_key_of_an_old_night_is_found(lake: Lake, rows: Rows) -> None:
    later = NIGHT + timedelta(days=1)
    lake.write(EVENTS, rows(EVENTS, EVENT), NIGHT)
    check(lake, [EVENTS], NIGHT, 0)
    lake.write(EVENTS, rows(EVENTS, EVENT, night=later), later)
    with pytest.raises(FailedChecks, match="No two rows share event_id"):
        check(lake, [EVENTS], later, 0)
    (outcome,) = results.read(lake.settings, later)[0].failed
    assert pq.read_table(lake.settings.at(outcome.kept))["event_id"].to_pylist() == ["e1"]
