"""Check which ranker a night takes: the live one, never one from a later night."""

import json
from datetime import date

import pytest

from jobs.recommend.live import live_towers, ranker_hash
from jobs.training.verdicts import RANKER, keep
from lakehouse.catalog import TITLE_VECTORS
from models.ann_index import IndexMismatch

EARLY, LATE = date(2026, 1, 10), date(2026, 1, 20)


def verdict(settings, night, live):
    keep(settings, night, {"passed": True, "live": {RANKER: live}})


def register(settings, night, model_hash):
    from models.tracking import LIVE, Tracking

    folder = settings.at("models", RANKER, model_hash)
    folder.mkdir(parents=True)
    tracking = Tracking(settings)
    with tracking.run(RANKER, "a test") as run:
        tracking.register(RANKER, folder, model_hash, run.run_id, {"night": night.isoformat()})
    tracking.point(RANKER, LIVE, model_hash)


def test_where_nothing_was_judged_nothing_is_live(settings):
    assert ranker_hash(settings, EARLY) is None


@pytest.mark.slow  # opens MLflow's registry
def test_a_rerun_of_an_old_night_does_not_rank_with_a_later_model(settings):
    verdict(settings, EARLY, "early")
    verdict(settings, LATE, "late")
    register(settings, LATE, "late")
    assert ranker_hash(settings, LATE) == "late"
    assert ranker_hash(settings, date(2026, 1, 16)) == "early"
    assert ranker_hash(settings, date(2026, 1, 1)) is None


@pytest.mark.slow
def test_who_points_live_at_an_older_ranker_gets_it(settings):
    # going back to the last good model is one command: it moves the alias, not the verdicts
    verdict(settings, LATE, "late")
    register(settings, EARLY, "early")
    assert ranker_hash(settings, LATE) == "early"


def test_title_vectors_of_another_model_than_the_index_stop_the_night(lake, rows):
    vectors = {"title_id": "a", "vector": [1.0], "model_hash": "one"}
    lake.write(TITLE_VECTORS, rows(TITLE_VECTORS, vectors), EARLY)
    folder = lake.settings.at("index", EARLY.isoformat())
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps({"model_hash": "another"}))
    with pytest.raises(IndexMismatch, match="should be one and is another"):
        live_towers(lake, EARLY, None)


def test_without_title_vectors_there_is_no_two_tower(lake):
    assert live_towers(lake, EARLY, None) is None
