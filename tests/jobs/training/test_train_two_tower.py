"""Check the split, the window and the whole weekly job on a small made service."""

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from features.histories import Histories
from jobs.training import build_index, train_two_tower
from jobs.training.train_two_tower import DAY_SECONDS, judged_window, split
from jobs.training.two_tower_nights import Training, last_training, remember, root, two_tower_of
from jobs.training.two_tower_quality import quality
from jobs.training.verdicts import keep
from lakehouse.catalog import EVENTS, PROFILES, TITLE_VECTORS, TITLES, TRAINING_EXAMPLES
from models.ann_index import load_bound
from models.baselines import Popularity
from models.tracking import CANDIDATE, LIVE, Tracking

NIGHT = date(2026, 1, 10)


def test_later_watches_of_known_titles_are_no_finds():
    # x again after the cut is not to be recommended; y is
    h = Histories.of(["a", "a", "a"], ["x", "x", "y"], [1, 5, 6])
    before, later = split(h, 5)
    assert before.titles.tolist() == [0]
    assert later.titles.tolist() == [1]
    assert later.offsets.tolist() == [0, 1]


@pytest.mark.parametrize(("came_back", "days"), [(6.0, 7), (13.0, 14), (40.0, 56)])
def test_the_window_is_the_shortest_with_fifty_warm_profiles(came_back, days):
    # all were there before; fifty came back so many days ago
    names = [f"p{i}" for i in range(50)] * 2
    times = [0.0] * 50 + [(100 - came_back) * DAY_SECONDS] * 50
    h = Histories.of(names, ["x"] * 50 + ["y"] * 50, times)
    assert judged_window(h, 100 * DAY_SECONDS) == days


def test_forty_nine_warm_profiles_judge_nothing():
    names = [f"p{i}" for i in range(49)] * 2
    h = Histories.of(names, ["x"] * 49 + ["y"] * 49, [0.0] * 49 + [99 * DAY_SECONDS] * 49)
    assert judged_window(h, 100 * DAY_SECONDS) is None


def test_slices_hold_their_own_profiles_and_titles():
    # b has no past: a new profile; y was watched by nobody before: rare
    before = Histories.of(["a"] * 2, ["x", "w"], [1, 2], ["y"], ["b"])
    later = Histories.of(["a", "b"], ["y", "x"], [3, 4], ["w"], [])
    found = quality(Popularity(before), before, later, seed=1)
    assert found["two_tower"]["profiles"] == 2
    assert found["two_tower, new profiles"]["profiles"] == 1
    assert found["two_tower, rare titles"]["recall@100"] == pytest.approx(1.0)


def small_service(lake, rows):
    """Sixty profiles of two tastes over thirty days; the last days bring new watches of the taste."""
    rng, start = np.random.default_rng(0), 1_765_500_000
    watched = [
        (f"p{p:02}", f"{'dk'[p % 2]}{title:02}", start + place * 86_400 * 4 + p)
        for p in range(60)
        for place, title in enumerate(rng.permutation(12)[:8])
    ]
    profiles, titles, times = (list(column) for column in zip(*watched, strict=True))
    at = pa.array([t * 1_000_000 for t in times], pa.timestamp("us", tz="UTC"))
    examples = rows(TRAINING_EXAMPLES, *({} for _ in watched), night=NIGHT)
    events = rows(EVENTS, *({"type": "complete"} for _ in watched), night=NIGHT)
    same = {"profile_id": pa.array(profiles), "title_id": pa.array(titles)}
    said = pa.array(["watched"] * len(watched))
    ids = pa.array([f"e{i}" for i in range(len(watched))])
    lake.write(TRAINING_EXAMPLES, _with(examples, **same, at=at, origin=said), NIGHT)
    lake.write(EVENTS, _with(events, **same, event_id=ids, event_time=at, known_time=at), NIGHT)
    genres = {"d": ["Drama"], "k": ["Comedy"]}
    every = [f"{kind}{i:02}" for kind in "dk" for i in range(12)]
    titled = rows(TITLES, *({"title_id": t, "genres": genres[t[0]]} for t in every), night=NIGHT)
    lake.write(TITLES, titled, NIGHT)
    members = sorted(set(profiles))
    lake.write(PROFILES, rows(PROFILES, *({"profile_id": p} for p in members)), NIGHT)


def _with(table, **columns):
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, values)
    return table


@pytest.fixture
def trained(lake, rows):
    """The lake of the small service after its first training."""
    small_service(lake, rows)
    train_two_tower.main(lake, NIGHT)
    return lake


def check_run(settings, run):
    """It says what the model was made from, how fast, how good and how it learned."""
    assert run.metrics["two_tower/ndcg_at_10"] > run.metrics["popularity/ndcg_at_10"]
    for figure in ("examples_per_second", "examples_per_cpu_second", "peak_bytes"):
        assert run.metrics[figure] > 0
    slices = {f"two_tower/{name}/profiles" for name in ("new profiles", "rare titles")}
    assert slices <= run.metrics.keys()
    assert run.parameters["version of gold.training_examples"] == "0"
    assert len(run.parameters["features"]) == 64
    assert run.parameters["commit"]
    picture = settings.at("mlflow", "artifacts", run.run_id, "artifacts", "learning_curves.png")
    assert picture.read_bytes().startswith(b"\x89PNG")


def check_frontier(lake, model_hash, monkeypatch):
    """Where ANN pays the sweep is drawn, and what it chose is bound to its model."""
    settings = lake.settings
    for least, kind in ((0.99, "brute_force"), (0.0, "scann")):
        # 40 % of the leaves hold too few of 24 titles for .99, so ScaNN is chosen only undemanded
        monkeypatch.setattr(sys.modules["models.ann_index.choose"], "LEAST_RECALL", least)
        build_index.main(lake, NIGHT, ann_pays_titles=0)
        index = load_bound(settings.at("index", NIGHT.isoformat()), root(settings) / model_hash)
        run = Tracking(settings).past_runs("index")[0]
        assert index.kind == run.parameters["kind"] == kind
        found, scores = index.search(index.vectors[:1], 1)
        # an undemanded ScaNN need not look into the leaf of the nearest title, which is itself
        assert found.tolist() == [[0]] or kind == "scann"
        assert np.allclose(scores, index.vectors[:1] @ index.vectors[found[0]].T, atol=1e-2)
        picture = settings.at("mlflow", "artifacts", run.run_id, "artifacts", "frontier.png")
        assert picture.read_bytes().startswith(b"\x89PNG")


KILLED = """
import os, signal, sys
from datetime import date
from jobs.training import train_two_tower
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from models.two_tower import checkpoints
def dies(*given):
    os.kill(os.getpid(), signal.SIGKILL)
checkpoints.SECONDS_BETWEEN = 0.0
if sys.argv[2] == "before it is remembered":
    train_two_tower.remember = lambda *given, **named: dies()
else:
    made = checkpoints.Checkpoints.stage
    def stage(self, name, model):
        found = made(self, name, model)
        if name == "history":
            found.finish = dies
        return found
    checkpoints.Checkpoints.stage = stage
train_two_tower.main(Lake(Settings(var=sys.argv[1])), date(2026, 1, 10))
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_killed_job_is_repaired_by_running_again_and_a_rerun_gives_the_same(lake, rows):
    # dead in the second stage of the judged model, then when all was saved and registered
    small_service(lake, rows)
    settings, tracking = lake.settings, Tracking(lake.settings)
    for where in ("in the history stage", "before it is remembered"):
        command = [sys.executable, "-c", KILLED, settings.var, where]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        assert last_training(settings, NIGHT) is None
    saved = {folder.parent.name for folder in root(settings).glob("[!.]*/meta.json")}
    assert len(saved) == 2
    # each is the night of a training again: what was killed, then what was whole
    for _ in range(2):
        train_two_tower.main(lake, NIGHT)
        told = last_training(settings, NIGHT)
        assert {told.judged_hash, told.model_hash} == saved
    assert tracking.pointed("two_tower", CANDIDATE).version == "1"  # a rerun registers nothing anew
    assert not list(root(settings).glob("checkpoints/*"))


@pytest.mark.slow
def test_a_week_of_nights(trained, monkeypatch):
    settings, tracking = trained.settings, Tracking(trained.settings)
    first = last_training(settings, NIGHT)

    # both models are there, the one for the night is candidate, and nothing became live by itself
    assert first.window_days == 7
    assert first.judged_hash != first.model_hash
    assert two_tower_of(settings, first.judged_hash).model_hash == first.judged_hash
    assert tracking.pointed("two_tower", CANDIDATE).model_hash == first.model_hash
    assert tracking.pointed("two_tower", LIVE) is None
    check_run(settings, tracking.past_runs("two_tower")[0])

    # the next night keeps it
    train_two_tower.main(trained, NIGHT + timedelta(days=1))
    assert last_training(settings, NIGHT + timedelta(days=1)) == first
    assert len(tracking.past_runs("two_tower")) == 1

    # the index is of the candidate while nothing is live, and holds every title of the night
    build_index.main(trained, NIGHT)
    vectors = trained.arrow(TITLE_VECTORS, NIGHT)
    assert set(vectors["model_hash"].to_pylist()) == {first.model_hash}
    assert vectors.num_rows == trained.arrow(TITLES, NIGHT).num_rows
    index = load_bound(settings.at("index", NIGHT.isoformat()), root(settings) / first.model_hash)
    assert np.allclose(np.linalg.norm(index.vectors, axis=1), 1, atol=1e-5)

    check_frontier(trained, first.model_hash, monkeypatch)

    # once live it is served as such, but not to nights before its own
    assert build_index.chosen_model(settings, NIGHT) == (first.model_hash, CANDIDATE)
    tracking.point("two_tower", LIVE, first.model_hash)
    keep(settings, NIGHT, {"live": {"two_tower": first.model_hash}})
    assert build_index.chosen_model(settings, NIGHT) == (first.model_hash, LIVE)
    with pytest.raises(build_index.NothingTrained, match="run train_two_tower_weekly"):
        build_index.chosen_model(settings, NIGHT - timedelta(days=1))


@pytest.mark.slow
def test_an_old_night_is_indexed_by_the_model_that_was_live_then(settings):
    """Nights 0 to 3: nothing live, the first model passes, the second is refused, then passes."""
    first, second = (Training("", name * 8, None, None) for name in "ab")
    nights = [NIGHT + timedelta(days=back) for back in range(4)]
    live = [{}, {"two_tower": first.model_hash}, {"two_tower": first.model_hash},
            {"two_tower": second.model_hash}]  # fmt: skip
    tracking = Tracking(settings)
    for one in (first, second):
        folder = root(settings) / one.model_hash
        folder.mkdir(parents=True)
        (folder / "meta.json").write_text("{}")
        with tracking.run("two_tower", "a test") as run:
            tracking.register("two_tower", folder, one.model_hash, run.run_id, {})
    tracking.point("two_tower", LIVE, second.model_hash)
    for night, training, told in zip(nights, (first, first, second, second), live, strict=True):
        remember(settings, night, replace(training, night=str(night)), kept=False)
        keep(settings, night, {"live": told})

    chosen = [build_index.chosen_model(settings, night) for night in nights]
    assert chosen == [
        (first.model_hash, CANDIDATE),  # as on the night itself, not what is live by now
        (first.model_hash, LIVE),
        (first.model_hash, LIVE),  # not the candidate that the gate had just refused
        (second.model_hash, LIVE),
    ]
