"""Check that runs and aliases survive the process, and that a failure shows as one."""

import pytest
from matplotlib.figure import Figure

from lakehouse.settings import Settings
from models.tracking import CANDIDATE, LIVE, NotRegistered, Tracking


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(var=str(tmp_path_factory.mktemp("var")))


def test_a_run_is_found_again_by_another_client(settings):
    with Tracking(settings).run("towers", "1998-04-21") as run:
        run.parameters({"dimension": 256})
        run.metrics({"ndcg@10": 0.5})
        run.curve("loss", [3.0, 2.0])
        run.tags({"night": "1998-04-21"})
        run.text("table.md", "| a |")
        run.picture("curve.png", Figure())

    past = Tracking(settings).past_runs("towers")[0]
    assert past.parameters == {"dimension": "256"}
    assert past.metrics == {"ndcg_at_10": 0.5, "loss": 2.0}
    assert past.tags["night"] == "1998-04-21"
    # everything made at run time lies below var
    assert [path.name for path in settings.at("mlflow").rglob("curve.png")] == ["curve.png"]


def test_a_failed_run_is_no_past_run(settings):
    before = len(Tracking(settings).past_runs("towers"))
    with pytest.raises(ZeroDivisionError), Tracking(settings).run("towers", "bad"):
        raise ZeroDivisionError
    assert len(Tracking(settings).past_runs("towers")) == before


def test_aliases_move_one_by_one(settings, tmp_path):
    tracking = Tracking(settings)
    with tracking.run("ranker", "first") as run:
        first = tracking.register("ranker", tmp_path / "a", "hash-a", run.run_id, {"night": "1"})
        tracking.point("ranker", LIVE, "hash-a")
        tracking.register("ranker", tmp_path / "b", "hash-b", run.run_id, {"night": "2"})

    # a refused candidate leaves the old one live
    live, candidate = tracking.pointed("ranker", LIVE), tracking.pointed("ranker", CANDIDATE)
    assert live == first
    assert candidate is not None
    assert candidate.model_hash == "hash-b"
    assert candidate.folder == str(tmp_path / "b")


def test_registering_twice_adds_nothing(settings, tmp_path):
    tracking = Tracking(settings)
    with tracking.run("towers", "rerun") as run:
        one = tracking.register("towers", tmp_path, "same", run.run_id, {})
        two = tracking.register("towers", tmp_path, "same", run.run_id, {})
    assert one.version == two.version


def test_an_alias_needs_a_registered_model(settings):
    tracking = Tracking(settings)
    assert tracking.pointed("nothing", LIVE) is None
    with pytest.raises(NotRegistered, match="holds no nothing model"):
        tracking.point("nothing", LIVE, "hash")
