"""A landed file is read once in its life, unless it changes or the lake forgot it."""

from __future__ import annotations

import os
import shutil
from datetime import date
from typing import TYPE_CHECKING

import pytest

from jobs.events import land
from lakehouse.catalog import LANDED
from tests.jobs.events.test_build_events import GOOD, drop

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.tables import Lake

NIGHT = date(2026, 1, 10)


@pytest.fixture
def log(lake: Lake) -> Path:
    """A log of the landing folder, landed and looked at once more."""
    drop(lake, "log", GOOD)
    for _ in range(2):
        land.main(lake, NIGHT)
    return lake.settings.at("landing", "events", "log.jsonl")


def files(lake: Lake) -> list[str]:
    return sorted(set(lake.arrow(LANDED)["file"].to_pylist()))


def test_a_file_that_did_not_change_is_not_read_again(lake: Lake, log: Path) -> None:
    # as many other bytes at the same time: who reads them would land them
    told = log.stat()
    log.write_bytes(log.read_bytes()[::-1])
    os.utime(log, ns=(told.st_atime_ns, told.st_mtime_ns))
    assert list(land.waiting(lake)) == []


def test_a_file_that_grew_is_read(lake: Lake, log: Path) -> None:
    log.write_bytes(log.read_bytes() * 2)
    land.main(lake, NIGHT)
    assert len(lake.arrow(LANDED)) == 3  # its lines are counted again; events drop the copies


def test_the_same_content_under_another_name_lands_once(lake: Lake, log: Path) -> None:
    shutil.copy(log, log.with_name("copy.jsonl"))
    land.main(lake, NIGHT)
    assert files(lake) == ["log.jsonl"]


def test_a_lake_that_was_removed_gets_everything_again(lake: Lake, log: Path) -> None:
    assert log.exists()
    shutil.rmtree(lake.location(LANDED))
    land.main(lake, NIGHT)
    assert files(lake) == ["log.jsonl"]


def test_spoilt_notes_cost_a_reading_and_nothing_else(lake: Lake, log: Path) -> None:
    assert log.exists()
    lake.settings.at("landed.json").write_text('{"log.jso')
    assert list(land.waiting(lake)) == []
    assert "log.jsonl" in lake.settings.at("landed.json").read_text()
