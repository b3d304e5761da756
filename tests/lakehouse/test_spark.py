"""A process has one session, and at its end stops what is open and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from lakehouse import spark
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Session:
    """A client that nobody answers."""

    client: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(close=lambda: None))

    def stop(self) -> None:
        """Say nothing to any server."""


@pytest.fixture
def at_exit(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What is to be called when the process ends; sessions are of no server."""
    found: list[Callable[[], None]] = []
    told = SimpleNamespace(register=found.append, unregister=found.remove)
    monkeypatch.setattr(spark, "atexit", told)
    monkeypatch.setattr(spark, "_open", {})
    builder = SimpleNamespace(remote=lambda _: SimpleNamespace(getOrCreate=Session))
    monkeypatch.setattr("pyspark.sql.SparkSession", SimpleNamespace(builder=builder))
    return found


def test_an_address_has_one_session(at_exit: list[Callable[[], None]]) -> None:
    first, again = (spark.session(Settings(spark_remote="sc://one")) for _ in range(2))
    assert first is again
    assert at_exit == [first.stop]


def test_a_session_that_was_closed_is_not_stopped_again_at_the_end(
    at_exit: list[Callable[[], None]],
) -> None:
    # each dead server of a long process left one behind, which it was asked about when it ended
    spark.session(Settings(spark_remote="sc://one"))
    second = spark.session(Settings(spark_remote="sc://two"))
    assert at_exit == [second.stop]
