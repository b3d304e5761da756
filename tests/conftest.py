"""Give tests a lake of their own and rows of any table."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from datetime import date
from typing import TYPE_CHECKING, Any

import hypothesis
import pyarrow as pa
import pytest

from lakehouse.settings import Settings
from lakehouse.tables import Lake
from lakehouse.writing import arrow_schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lakehouse.catalog import Table

    Rows = Callable[..., pa.Table]

NIGHT = date(2026, 1, 10)
hypothesis.settings.register_profile("no-deadline", deadline=None)
hypothesis.settings.load_profile("no-deadline")  # a busy machine is no fault of the code
# the first import of Airflow makes a home and a configuration: not in the home of who runs tests
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="marquee-airflow-")
os.environ.pop("AIRFLOW_CONFIG", None)
atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the modules that take long: at the end, quick ones fill the time of both processes."""
    long = {i.path for i in items if {"slow", "service"} & {mark.name for mark in i.iter_markers()}}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty place."""
    return Settings(var=str(tmp_path))


@pytest.fixture
def lake(settings: Settings) -> Lake:
    """An empty lake; Spark starts only for tests that ask for it, once for all of them."""
    return Lake(settings)


@pytest.fixture
def rows() -> Rows:
    """`rows(TABLE, {...}, {...})`: an Arrow table of the catalog's columns, what is not said null."""

    def build(table: Table, *said: dict[str, Any], night: date = NIGHT) -> pa.Table:
        schema = arrow_schema(table)
        return pa.Table.from_pylist(
            [{**dict.fromkeys(schema.names), "night": night, **row} for row in said], schema
        )

    return build
