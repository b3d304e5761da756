"""Check serving: vectors of the known and the unknown, and a folder that cannot lie."""

import numpy as np
import pytest

from features.histories import Histories
from models.two_tower import ProfileAttributes, Recipe, TitleAttributes, Towers, load
from models.two_tower.towers import Ranking, SpoiltModel

TOWERS = Towers(
    Recipe(dimension=2, history_share=1.0, recency_power=0.0),
    title_ids=("x", "y"),
    profile_ids=("a", "b"),
    title_words=("genre:Drama", "title"),
    profile_words=("gender:F", "profile"),
    titles=np.array([[1, 0], [0, 1]], np.float32),
    content=np.array([[0, 2], [1, 0]], np.float32),
    profiles=np.array([[1, 0], [0, 0]], np.float32),
    watched=np.array([[4, 0], [0, 4]], np.float32),
    traits=np.array([[0, 3], [0, 0]], np.float32),
)


def test_a_new_title_has_the_vector_of_its_content():
    # Drama (0, 2) and the token of every title (1, 0), to length one
    drama = TitleAttributes({"n": ["Drama"]}, {})
    vectors = TOWERS.title_vectors(["y", "n", "m"], drama)
    assert np.allclose(vectors, [[0, 1], np.array([1, 2]) / 5**0.5, [1, 0]])


def test_a_known_profile_is_its_id_and_its_history():
    # id (1, 0) plus history y (0, 1), to length one
    h = Histories.of(["a"], ["y"], [1], title_ids=["x"])
    assert np.allclose(TOWERS.profile_vectors(h), [[0.5**0.5, 0.5**0.5]])


def test_a_new_profile_is_its_history_and_traits():
    # watched x (4, 0), gender F (0, 3): 3-4-5
    h = Histories.of(["new"], ["x"], [1], title_ids=["y"])
    who = ProfileAttributes({"new": ["gender:F"]})
    assert np.allclose(TOWERS.profile_vectors(h, who), [[0.8, 0.6]])


def test_titles_that_training_did_not_know_say_nothing_of_a_profile():
    # the code of z is 2 here and 2 is no row of the model
    h = Histories.of(["new", "new"], ["z", "y"], [2, 1], title_ids=["x"])
    assert np.allclose(TOWERS.profile_vectors(h), [[0, 1]])


def test_codes_of_histories_are_not_codes_of_the_model():
    # "w" comes before x and y: every code is shifted by one, and x and y are equally near to a
    h = Histories.of(["a"], ["y"], [1], title_ids=["w", "x"])
    scores = Ranking(TOWERS, h).scores(h, slice(0, 1))
    assert np.allclose(scores[0, 1:], [0.5**0.5, 0.5**0.5])


def test_a_saved_model_is_the_same_model(tmp_path):
    folder = TOWERS.save(tmp_path)
    again = load(folder)
    assert again.model_hash == TOWERS.model_hash == folder.name
    assert again.recipe == TOWERS.recipe
    assert (again.watched == TOWERS.watched).all()


def test_saving_twice_changes_nothing(tmp_path):
    assert TOWERS.save(tmp_path) == TOWERS.save(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == [TOWERS.model_hash]


def test_a_folder_with_another_model_in_it_does_not_load(tmp_path):
    # someone copied weights of another training over these
    folder = TOWERS.save(tmp_path)
    with np.load(folder / "weights.npz") as arrays:
        changed = dict(arrays) | {"titles": TOWERS.titles[::-1]}
    np.savez(folder / "weights.npz", **changed)
    with pytest.raises(SpoiltModel, match="was not loaded"):
        load(folder)


def test_any_change_of_a_weight_or_a_word_changes_the_hash():
    from dataclasses import replace

    changed = [
        replace(TOWERS, titles=TOWERS.titles + np.float32(1e-6)),
        replace(TOWERS, title_ids=("x", "z")),
        replace(TOWERS, recipe=Recipe(dimension=3)),
    ]
    assert len({one.model_hash for one in [TOWERS, *changed]}) == 4
