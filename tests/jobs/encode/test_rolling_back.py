"""A rollback holds for the order that it was called for, and takes back nothing else."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from jobs.encode import ingest_masters, publish_titles, undoing
from jobs.encode.order import ordered, place
from jobs.encode.receipt import read_receipt
from jobs.encode.rotating import rotate
from lakehouse.catalog import RENDITIONS
from tests.jobs.encode.made_night import NIGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from lakehouse.tables import Lake
    from tests.jobs.encode.made_night import Night

    Wait = Callable[[Path], AbstractContextManager[None]]

pytestmark = pytest.mark.slow
NEXT = date(2026, 1, 11)
QUIET = Console(file=StringIO())


def waiting(meanwhile: Callable[[], None]) -> Wait:
    """A lock that is got only after somebody else did something."""

    @contextmanager
    def alone(_: Path) -> Iterator[None]:
        meanwhile()
        yield

    return alone


def test_a_title_that_was_ordered_again_for_a_later_night_stays_rolled_back(
    spoilt: Lake, made: Night
) -> None:
    """It is the same version, whose receipt is the first one and tells of the night before."""
    settings, first = spoilt.settings, read_receipt(spoilt.settings, "clip")
    rotate(spoilt, "clip", QUIET)
    second = read_receipt(settings, "clip")
    place(settings, replace(made.order, night=str(NEXT)))
    ingest_masters.main(spoilt, NEXT)
    publish_titles.main(spoilt, NEXT)
    assert (read_receipt(settings, "clip"), second["night"]) == (second, str(NIGHT))

    undoing.roll_back(spoilt, "clip", QUIET)
    assert ordered(settings, "clip").withdrawn == second["version"]
    publish_titles.main(spoilt, NEXT)
    assert read_receipt(settings, "clip") == first


def test_what_was_published_while_a_rollback_waited_is_not_taken_back(
    spoilt: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who called it had not seen that version: it waits as long as an encode takes."""
    settings = spoilt.settings
    rotate(spoilt, "clip", QUIET)
    monkeypatch.setattr(undoing, "alone", waiting(lambda: rotate(spoilt, "clip", QUIET)))
    with pytest.raises(undoing.SwappedMeanwhile):
        undoing.roll_back(spoilt, "clip", QUIET)
    assert read_receipt(settings, "clip")["key_version"] == 3
    assert not ordered(settings, "clip").withdrawn
    assert not settings.at("titles", "rolling-back", "clip.json").exists()


def test_a_title_that_is_rolled_back_while_its_night_waits_for_it_has_its_rows(
    spoilt: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, first = spoilt.settings, read_receipt(spoilt.settings, "clip")
    rotate(spoilt, "clip", QUIET)
    place(settings, replace(ordered(settings, "clip"), night=str(NEXT)))
    back = waiting(lambda: undoing.roll_back(spoilt, "clip", QUIET))
    monkeypatch.setattr(publish_titles, "alone", back)
    publish_titles.main(spoilt, NEXT)
    assert {row["night"] for row in spoilt.arrow(RENDITIONS, NEXT).to_pylist()} == {NEXT}
    assert read_receipt(settings, "clip") == first
