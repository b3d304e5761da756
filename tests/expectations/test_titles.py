"""The suites of the titles side let sound rows pass and name each fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from expectations import documents
from expectations.batch import MOST_CELLS_IN_MEMORY
from expectations.check import check_table
from expectations.suites import SUITES
from lakehouse import catalog
from tests.conftest import NIGHT
from tests.expectations.conftest import PLAYABLE, RENDITION, SOUND, Row

if TYPE_CHECKING:
    from lakehouse.catalog import Table
    from lakehouse.tables import Lake
    from tests.conftest import Rows

MASTER, REFUSED = SOUND["silver.masters"]
FAULTS: list[tuple[Table, Row, str, str]] = [
    # who asks why a title does not play must find a reason
    (catalog.MASTERS, REFUSED | {"reason": ""}, "A refused master says why", "failed"),
    (catalog.MASTERS, MASTER | {"frames": None}, "An accepted master has a hash", "failed"),
    (catalog.MASTERS, MASTER | {"protect": "drm"}, "one that can be packaged", "failed"),
    (catalog.SHOTS, SOUND["silver.shots"][0] | {"frames": 0}, "A shot has a frame", "failed"),
    (catalog.PROBES, SOUND["gold.probes"][0] | {"vmaf": 101.0}, "between 0 and 100", "failed"),
    (catalog.PROBES, SOUND["gold.probes"][0] | {"codec": "divx"}, "we encode with", "failed"),
    (catalog.RENDITIONS, RENDITION | {"ships": False}, "that does not ship says why", "failed"),
    (catalog.RENDITIONS, RENDITION | {"peak_kbps": 299.0}, "No peak rate lies below", "failed"),
    # a ladder that misses its promise still plays: a person should look, nothing stops
    (catalog.RENDITIONS, RENDITION | {"vmaf": 91.0}, "within 3 VMAF", "warned"),
    (catalog.PLAYABLE_TITLES, PLAYABLE | {"renditions": 0}, "has a rendition", "failed"),
]


@pytest.mark.parametrize(("table", "planted", "sentence", "verdict"), FAULTS)
def test_a_fault_is_named(
    lake: Lake, rows: Rows, table: Table, planted: Row, sentence: str, verdict: str
) -> None:
    lake.write(table, rows(table, planted), NIGHT)
    result = check_table(
        documents.context_of(lake.settings), lake, SUITES[table.name], NIGHT, MOST_CELLS_IN_MEMORY
    )
    assert result.verdict == verdict
    told = result.failed if verdict == "failed" else result.warned
    assert any(sentence in outcome.says for outcome in told)
