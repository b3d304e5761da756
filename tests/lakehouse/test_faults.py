"""A broken file of a table is one sentence with a way back, whichever engine meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from lakehouse.catalog import TITLES
from lakehouse.errors import BrokenFile
from lakehouse.faults import named

if TYPE_CHECKING:
    import pyarrow as pa

    from lakehouse.tables import Lake
    from tests.conftest import Rows

NIGHT, NEXT = date(2026, 1, 10), date(2026, 1, 11)
DAMAGE = {
    "cut short": lambda whole: whole[: len(whole) // 2],
    "empty": lambda _: b"",
    "overwritten": lambda whole: whole[:400] + bytes(200) + whole[600:],
}


@pytest.fixture
def titles(lake: Lake, rows: Rows) -> pa.Table:
    """Two nights of titles in the lake, the second of which will be damaged."""
    said = rows(TITLES, *({"title_id": f"t{n}", "name": f"no. {n}"} for n in range(200)))
    for night in (NIGHT, NEXT):
        lake.write(TITLES, said, night)
    return said


def file_of(lake: Lake, night: date) -> Path:
    (file,) = (f for f in lake.files(TITLES) if f"night={night}" in f)
    return Path(file.removeprefix("file://"))


@pytest.mark.parametrize("how", DAMAGE)
def test_arrow_names_the_table_and_a_rerun_repairs_it(
    lake: Lake, titles: pa.Table, how: str
) -> None:
    file = file_of(lake, NEXT)
    file.write_bytes(DAMAGE[how](file.read_bytes()))
    with pytest.raises(BrokenFile, match=r"A file of silver\.titles cannot be read .*run again"):
        lake.arrow(TITLES, NEXT)
    assert len(lake.arrow(TITLES, NIGHT)) == 200  # the other night is whole
    lake.write(TITLES, titles, NEXT)
    assert len(lake.arrow(TITLES, NEXT)) == 200


def test_a_file_that_is_gone_is_told_and_written_anew(lake: Lake, titles: pa.Table) -> None:
    file_of(lake, NEXT).unlink()
    with pytest.raises(BrokenFile, match=r"night=2026-01-11/.*not found"):
        lake.arrow(TITLES, NEXT)
    lake.write(TITLES, titles, NEXT)
    assert len(lake.arrow(TITLES, NEXT)) == 200


@pytest.mark.usefixtures("titles")
def test_a_log_cut_short_is_told_and_without_that_commit_the_table_is_as_before(lake: Lake) -> None:
    newest = max(Path(lake.location(TITLES), "_delta_log").glob("*.json"))
    newest.write_text(newest.read_text()[:50])
    with pytest.raises(BrokenFile, match=r"silver\.titles, or of its log, cannot be read"):
        lake.arrow(TITLES, NEXT)
    newest.unlink()
    assert lake.nights(TITLES) == [NIGHT]


@pytest.mark.usefixtures("titles")
def test_duckdb_names_the_file(lake: Lake) -> None:
    file = file_of(lake, NEXT)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(duckdb.Error) as told:
        duckdb.read_parquet(str(file)).fetchall()
    ours = named(told.value)
    assert isinstance(ours, BrokenFile)
    assert "night=2026-01-11" in str(ours)


@pytest.mark.service
@pytest.mark.usefixtures("titles")
def test_a_command_that_meets_it_in_spark_ends_with_the_sentence(lake: Lake) -> None:
    file = file_of(lake, NEXT)
    file.write_bytes(file.read_bytes()[:100])
    done = subprocess.run(
        [sys.executable, "-m", "jobs", "check", TITLES.name, "--night", NEXT.isoformat()],
        env={**os.environ, "MARQUEE_VAR": lake.settings.var},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("A file of ")
    assert "night=2026-01-11" in last
