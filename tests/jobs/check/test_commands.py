"""The command that stands between the job that writes a table and those that read it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from jobs.check.commands import UnknownTable, check
from lakehouse.catalog import PROFILES, TITLES
from lakehouse.errors import MissingNight
from tests.conftest import NIGHT

if TYPE_CHECKING:
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake
    from tests.conftest import Rows


def run(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a DAG's task starts it."""
    return subprocess.run(
        [sys.executable, "-m", "jobs", "check", *arguments],
        env=os.environ | {"MARQUEE_VAR": settings.var},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_broken_table_ends_the_task_with_one_sentence(
    lake: Lake, settings: Settings, rows: Rows
) -> None:
    """The scheduler reads the exit status, a person the last line: no traceback between them."""
    lake.write(TITLES, rows(TITLES, {"title_id": "t1", "name": "One"}), NIGHT)
    twice = {"profile_id": "p1"}
    lake.write(PROFILES, rows(PROFILES, twice, twice), NIGHT)
    ended = run(settings, "silver.titles", "silver.profiles", "--night", str(NIGHT))
    assert ended.returncode == 2  # a retry would not help
    assert "silver.titles passed" in ended.stdout
    assert "silver.profiles: No two rows share profile_id" in ended.stderr
    assert "2 of 2 rows" in ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_warning_ends_well(lake: Lake, settings: Settings, rows: Rows) -> None:
    lake.write(TITLES, rows(TITLES, {"title_id": "t1"}), NIGHT)  # without a name
    ended = run(settings, "silver.titles", "--night", str(NIGHT))
    assert ended.returncode == 0
    assert "silver.titles warns: A title has a name" in ended.stdout


def test_a_table_that_is_none_is_named_before_anything_is_loaded() -> None:
    with pytest.raises(UnknownTable, match=r"There is no table silver\.event"):
        check(["silver.event"], str(NIGHT))


def test_a_night_is_needed() -> None:
    with pytest.raises(MissingNight):
        check(["silver.events"], "{{ ds }}")


def test_the_command_line_loads_without_great_expectations() -> None:
    """It costs seconds, and `marquee --help` shows every command."""
    told = "import sys, jobs.check.commands; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], check=False).returncode == 0
