"""Check the towers where the answer is known: one-hot vectors, exact draws, fair popularity."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from models.two_tower.network import Drawing, IdTowers, TitleContent
from models.two_tower.recipe import Recipe

RECIPE = Recipe(
    dimension=4, temperature=0.05, vector_dropout=0.0, title_dropout=0.0, negatives=50_000
)
NO_CONTENT = TitleContent(
    np.zeros((4, 1), np.float32), np.zeros((4, 1), np.float32), np.ones(4, np.float32)
)
BATCH = {
    "profiles": tf.constant([0, 1, 2]),
    "rows": tf.constant([0, 1, 2]),
    "titles": tf.constant([0, 1, 2]),
    "weights": tf.ones(3),
}
SAMPLED = replace(RECIPE, loss="sampled")


def towers(recipe, plays=(1, 1, 1, 1), profiles=None):
    model = IdTowers(3, NO_CONTENT, Drawing(np.array(plays), recipe), recipe)
    model.compile(optimizer="sgd")
    model.title_tower.ids.assign(np.eye(4))
    model.profile_ids.assign(np.eye(4)[:3] if profiles is None else profiles)
    return model


@pytest.mark.parametrize("recipe", [RECIPE, SAMPLED], ids=["full", "sampled"])
def test_one_hot_towers_give_almost_no_loss(recipe):
    # cosine 1 at the watched title and 0 elsewhere: -log(e^20 / (e^20 + 3)) = 6e-9
    assert float(towers(recipe).compute_loss(BATCH)) < 1e-6


@pytest.mark.parametrize("recipe", [RECIPE, SAMPLED], ids=["full", "sampled"])
def test_confused_towers_give_much_loss(recipe):
    # every profile points at title 3: cosine 0 at its own
    confused = np.tile(np.eye(4)[3], (3, 1))
    assert float(towers(recipe, profiles=confused).compute_loss(BATCH)) == pytest.approx(
        20, abs=0.1
    )


@pytest.mark.parametrize("popular", [0, 3])
def test_a_popular_title_is_not_punished(popular):
    # title `popular` is drawn 50 times as often as another; with the correction the other way
    # round it would weigh 2,500 times too much under the fraction, and the loss would show it
    plays = np.ones(4, int)
    plays[popular] = 97
    mild = replace(SAMPLED, temperature=1.0)
    spread = np.array([[1, 0.5, 0.2, 0.8], [0.1, 1, 0.3, 0.9], [0.5, 0.4, 1, 0.2]])
    exact = towers(replace(mild, loss="full"), profiles=spread)
    drawn = towers(mild, plays, spread)
    with tf.GradientTape() as of_exact:
        expected = exact.compute_loss(BATCH)
    with tf.GradientTape() as of_drawn:
        estimated = drawn.compute_loss(BATCH)
    assert float(estimated) == pytest.approx(float(expected), rel=0.01)
    pull = of_exact.gradient(expected, exact.title_tower.ids)
    estimated_pull = tf.convert_to_tensor(of_drawn.gradient(estimated, drawn.title_tower.ids))
    assert np.allclose(estimated_pull, pull, atol=0.01)


def test_draws_repeat_by_step_and_differ_between_steps():
    drawing = Drawing(np.array([5, 1, 1, 1]), replace(SAMPLED, negatives=2))
    titles = tf.constant([0])
    one, again, other = (
        drawing.candidates(titles, tf.constant(step, tf.int64)).log_expected.numpy().tolist()
        for step in (7, 7, 8)
    )
    assert one == again
    assert any(
        drawing.candidates(titles, tf.constant(step, tf.int64)).log_expected.numpy().tolist() != one
        for step in range(8, 20)
    ), other


def test_a_title_without_an_id_is_its_content():
    # title 1 is unknown to training: only its content token counts
    content = TitleContent(
        np.array([[0.0], [1.0], [0.0], [0.0]], np.float32),
        np.zeros((4, 1), np.float32),
        np.array([1.0, 0.0, 1.0, 1.0], np.float32),
    )
    model = IdTowers(3, content, Drawing(np.ones(4, int), RECIPE), RECIPE)
    model.title_tower.content.assign([[0.0, 0.0, 3.0, 4.0]])
    assert np.allclose(model.title_tower(None)[1], [0.0, 0.0, 0.6, 0.8])
