"""What is left of a title is all of it at first, then what was not made, and never the whole again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from jobs.encode.estimate import (
    encoding,
    encoding_unplanned,
    levelling,
    packaging,
    probing,
)
from jobs.encode.order import ordered
from jobs.encode.production import Production
from jobs.encode.workshop import Workshop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jobs.encode.made_night import Night

pytestmark = pytest.mark.slow


@pytest.fixture
def whole(made: Night) -> Production:
    """The film of the night, of which everything is made."""
    return Production(made.settings, ordered(made.settings, "clip"))


@pytest.fixture
def begun(made: Night, tmp_path: Path) -> Production:
    """The same film, of which nothing is."""
    production = Production(made.settings, ordered(made.settings, "clip"))
    production.work = Workshop(tmp_path)
    return production


def test_of_a_title_that_was_made_no_probe_and_no_rung_is_left(whole: Production) -> None:
    assert probing(whole) == []
    assert encoding(whole) == []


def test_of_a_title_that_was_not_begun_all_probes_are_left(begun: Production) -> None:
    steps = probing(begun)
    assert len(steps) == len(begun.probe_keys()) > 0
    assert sum(step.cpu_seconds for step in steps) == pytest.approx(begun.plan("h264").cpu_seconds)
    assert not list(begun.work.folder.glob("probe-*"))  # it was looked for, not made


def test_another_codec_leaves_its_own_probes_alone(whole: Production) -> None:
    both = Production(whole.settings, replace(whole.order, codecs=("h264", "av1")))
    left = probing(both)
    assert 0 < len(left) == len(both.probe_keys()) - len(whole.probe_keys())


def test_the_end_counts_beside_the_rungs(whole: Production, begun: Production) -> None:
    # sound, package, proof and report: the bar had stood at 100 % through all of them
    assert packaging(whole) > 0
    assert levelling(begun) > levelling(whole) == 0
    assert encoding_unplanned(begun) > 0
