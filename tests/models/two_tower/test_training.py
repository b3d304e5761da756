"""Check that training learns, repeats, and goes on after it was killed."""

import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from features.histories import Histories
from models.top_titles import ranked_titles
from models.two_tower import ProfileAttributes, Recipe, checkpoints
from models.two_tower.attributes import Words
from models.two_tower.checkpoints import fingerprint
from models.two_tower.towers import Ranking
from models.two_tower.training import Progress, Trainable, train
from tests.models.two_tower.taste import ATTRIBUTES, COMEDIES, DRAMAS, NEW, two_tastes

RECIPE = Recipe(dimension=16, epochs=15, history_epochs=15, batch_profiles=8, negatives=16, seed=3)
WORLD = two_tastes()


@pytest.fixture(scope="module")
def towers():
    return train(WORLD, RECIPE, ATTRIBUTES)


def rest_of_taste(histories, ranked):
    """The share of the first four places that hold the four unwatched titles of the taste."""
    kinds = np.array([title[0] for title in histories.title_ids])
    own = kinds[[histories.watches(p)[0] for p in range(len(histories.profile_ids))]]
    return (kinds[ranked[:, :4]] == own[:, None]).mean()


def test_each_taste_gets_the_rest_of_its_titles(towers):
    ranked = ranked_titles(Ranking(towers, WORLD, ATTRIBUTES), WORLD, 4)
    assert rest_of_taste(WORLD, ranked) == 1.0


def test_a_profile_that_training_never_saw_is_served_by_its_history(towers):
    # the same people under other names
    strangers = replace(WORLD, profile_ids=[f"stranger {p}" for p in WORLD.profile_ids])
    ranked = ranked_titles(Ranking(towers, strangers, ATTRIBUTES), strangers, 4)
    assert rest_of_taste(strangers, ranked) > 0.95


def test_a_new_title_lies_with_those_of_its_genre(towers):
    drama, comedy = towers.title_vectors(NEW, ATTRIBUTES)
    dramas = towers.title_vectors(DRAMAS).mean(axis=0)
    comedies = towers.title_vectors(COMEDIES).mean(axis=0)
    assert drama @ dramas > drama @ comedies
    assert comedy @ comedies > comedy @ dramas


@pytest.mark.slow
def test_the_sampled_loss_learns_the_same_tastes():
    sampled = replace(RECIPE, loss="sampled", resting_rows=True)
    ranked = ranked_titles(Ranking(train(WORLD, sampled, ATTRIBUTES), WORLD), WORLD, 4)
    assert rest_of_taste(WORLD, ranked) > 0.95


@pytest.mark.slow
def test_equal_seeds_give_equal_weights_in_whatever_order_rows_arrive(towers):
    order = np.random.default_rng(1).permutation(len(WORLD.titles))
    shuffled = Histories.of(
        [WORLD.profile_ids[WORLD.profiles[i]] for i in order],
        [WORLD.title_ids[WORLD.titles[i]] for i in order],
        WORLD.times[order],
    )
    assert train(shuffled, RECIPE, ATTRIBUTES).model_hash == towers.model_hash


@pytest.mark.slow
def test_another_seed_gives_other_weights_and_takes_no_more_tracing(towers, monkeypatch):
    traced = []

    def counted(model, *given):
        traced.append(type(model).__name__)
        return loss_of(model, *given)

    loss_of = Trainable.loss_of
    monkeypatch.setattr(Trainable, "loss_of", counted)
    other = train(WORLD, replace(RECIPE, seed=4), ATTRIBUTES)
    assert not np.allclose(other.title_vectors(DRAMAS), towers.title_vectors(DRAMAS), atol=0.1)
    # the first step of an epoch, and the loop over the others; each took a second of a night
    assert traced == ["IdTowers"] * 2 + ["HistoryTowers"] * 2


@pytest.mark.slow
def test_no_attributes_and_idle_profiles_are_no_trouble():
    # nobody watched "x", and "idle" watched nothing: both have a vector of length one
    h = Histories.of(["a", "b"], ["y", "z"], [1, 2], title_ids=["x"], profile_ids=["idle"])
    progress = Progress()
    towers = train(h, replace(RECIPE, epochs=2, history_epochs=2), progress=progress)
    ranking = Ranking(towers, h)
    for vectors in (ranking.title_vectors, ranking.profile_vectors):
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert progress.pairs == 2 * 4
    assert [len(losses) for losses in progress.losses.values()] == [2, 2]


def test_an_empty_log_gives_towers_that_know_nothing():
    h = Histories.of([], [], [], title_ids=["x"], profile_ids=["a"])
    assert Ranking(train(h, RECIPE), h).scores(h, slice(0, 1)).shape == (1, 1)


SCRIPT = """
import os, signal, sys
from pathlib import Path
from models.two_tower import checkpoints, training
from tests.models.two_tower.test_training import ATTRIBUTES, RECIPE, WORLD
checkpoints.SECONDS_BETWEEN = 0.0
saved, epochs = checkpoints.Stage.on_epoch_end, []
def dying(self, epoch, logs=None):
    epochs.append(epoch)
    if len(epochs) > int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    saved(self, epoch, logs)
checkpoints.Stage.on_epoch_end = dying
training.train(WORLD, RECIPE, ATTRIBUTES, None, Path(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("epochs", [5, 20], ids=["ids", "history"])
def test_a_killed_training_goes_on_and_ends_the_same(towers, tmp_path, epochs):
    # dead when the work of the sixth epoch of a stage is done and not yet saved
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), str(epochs)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert list(tmp_path.rglob("*.index"))

    progress = Progress()
    resumed = train(WORLD, RECIPE, ATTRIBUTES, None, tmp_path, progress)
    assert progress.resumed_at == epochs
    assert resumed.model_hash == towers.model_hash
    assert not list(tmp_path.rglob("*.index")), "checkpoints of a finished training are removed"


def test_a_checkpoint_is_of_one_data_recipe_and_code(tmp_path, monkeypatch):
    # a training that was killed must not go on with weights of something else
    def named(titles=ATTRIBUTES, recipe=RECIPE, profiles=None):
        return fingerprint(WORLD, recipe, Words.of(WORLD, titles, profiles))

    first = DRAMAS[0]
    regenred = replace(ATTRIBUTES, genres={**ATTRIBUTES.genres, first: ["Western"]})
    aged = ProfileAttributes({WORLD.profile_ids[0]: ["age_band:25"]})
    others = [named(regenred), named(recipe=replace(RECIPE, seed=9)), named(profiles=aged)]
    shutil.copytree(checkpoints.CODE, tmp_path / "two_tower")
    monkeypatch.setattr(checkpoints, "CODE", tmp_path / "two_tower")
    assert named() not in others
    assert len({named(), *others}) == 4
    before = named()
    with (tmp_path / "two_tower" / "losses.py").open("a") as code:
        code.write("\n")
    assert named() != before
