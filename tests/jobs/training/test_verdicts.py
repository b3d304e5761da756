"""Any night finds the models that were live for it, also when it is run again long after."""

from __future__ import annotations

from datetime import date

import pytest

from jobs.training.two_tower_nights import TWO_TOWER
from jobs.training.verdicts import RANKER, is_newest, keep, live_before, live_for
from models.tracking import LIVE, Tracking

ONE, TWO, THREE = date(2026, 1, 10), date(2026, 1, 11), date(2026, 1, 12)


def alias(settings, name, model_hash):
    tracking = Tracking(settings)
    folder = settings.at("models", name, model_hash)
    folder.mkdir(parents=True, exist_ok=True)
    with tracking.run(name, "a test") as run:
        tracking.register(name, folder, model_hash, run.run_id, {})
    tracking.point(name, LIVE, model_hash)


@pytest.fixture
def nights(settings):
    """The first night was refused with nothing live, the second passed, the third was refused."""
    keep(settings, ONE, {"passed": False, "live": {}})
    keep(settings, TWO, {"passed": True, "live": {RANKER: "two", TWO_TOWER: "tower"}})
    keep(settings, THREE, {"passed": False, "live": {RANKER: "two", TWO_TOWER: "tower"}})
    return settings


def test_where_nothing_was_judged_nothing_is_live_and_no_registry_is_made(settings):
    assert live_for(settings, ONE) == live_before(settings, ONE) == {}
    assert is_newest(settings, ONE)
    assert not settings.at("mlflow").exists()


def test_an_earlier_night_has_the_models_that_were_live_then(nights):
    assert live_for(nights, ONE) == {}
    assert live_for(nights, TWO) == {RANKER: "two", TWO_TOWER: "tower"}
    assert live_for(nights, date(2026, 1, 1)) == {}
    assert not is_newest(nights, TWO)


def test_a_rerun_is_judged_against_what_was_live_before_it(nights):
    # the second night let its own model live: on a rerun it must not stand against itself
    assert live_before(nights, TWO) == {}
    assert live_before(nights, THREE) == {RANKER: "two", TWO_TOWER: "tower"}


@pytest.mark.slow  # opens MLflow's registry
def test_the_newest_night_and_the_next_hear_who_moves_the_alias(nights):
    # going back to an older model is one command: it moves the alias, not the verdicts
    alias(nights, RANKER, "older")
    assert live_for(nights, THREE) == {RANKER: "older"}
    assert live_before(nights, date(2026, 1, 13)) == {RANKER: "older"}
    assert live_for(nights, TWO)[RANKER] == "two"
