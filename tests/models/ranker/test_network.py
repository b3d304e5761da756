"""Check the loss against arithmetic, and the layers in NumPy against TensorFlow."""

import math

import numpy as np
import pytest
import tensorflow as tf

from models.ranker.network import Batchable, Recipe, bottom_logits, chance_loss, learn, train
from models.ranker.ranker import forward


def test_chance_loss_is_the_mean_by_weight_of_each_head():
    # head 1: ln 2 at weight 3 and ln 4 (a chance of 1/4 that came true) at weight 1; head 2 knows nothing
    logits = tf.constant([[0.0, 9.0], [-math.log(3), -9.0]])
    outcomes = tf.constant([[1.0, 0.0], [1.0, 0.0]])
    weights = tf.constant([[3.0, 0.0], [1.0, 0.0]])
    expected = (3 * math.log(2) + math.log(4)) / 4
    assert float(chance_loss(logits, outcomes, weights)) == pytest.approx(expected, rel=1e-5)


def made(seed: int = 0) -> Batchable:
    draws = np.random.default_rng(seed)
    inputs = draws.normal(0, 1, (90, 5)).astype(np.float32)
    # the second head turns with a product of inputs, which no line can tell
    happened = np.stack([inputs[:, 0] > 0.5, inputs[:, 1] * inputs[:, 2] > 0], axis=1)
    weights = np.ones((90, 2), np.float32)
    return Batchable(inputs, happened.astype(np.float32), weights, np.arange(90) >= 60)


def test_numpy_layers_equal_those_trained():
    data = made()
    layers, _ = train(data, Recipe(hidden=7, epochs=2), seed=1)
    weights = {name: tf.constant(layers[name]) for name in ("bottom", "bottom_shift", "heads")}
    wide = data.inputs @ layers["wide"] + layers["shift"]
    theirs = wide + bottom_logits(weights, data.inputs).numpy()
    np.testing.assert_allclose(forward(layers, data.inputs), theirs, atol=1e-5)
    assert np.abs(layers["heads"]).max() > 0  # the bottom has learned too


def test_the_bottom_learns_what_no_line_can_tell():
    recipe = Recipe(hidden=16, epochs=300, learning_rate=0.02, decay=0.0)
    _, curve = train(made(), recipe, seed=1)
    assert curve[-1] < 0.5 * curve[0]


def test_equal_seeds_give_equal_weights_and_others_do_not():
    recipe = Recipe(hidden=4, epochs=2)
    first, again, other = (train(made(), recipe, seed)[0] for seed in (3, 3, 4))
    assert all((first[name] == again[name]).all() for name in first)
    assert (first["bottom"] != other["bottom"]).any()


def test_whatever_learns_on_top_adds_to_what_is_told_and_its_shifts_do_not_decay():
    # told are log-odds of 0, three in four happened: the shift must find ln 3, the line nothing
    inputs, happened = np.ones((80, 1), np.float32), (np.arange(80)[:, None] % 4 > 0)
    data = Batchable(inputs, happened.astype(np.float32), np.ones((80, 1), np.float32), np.zeros(80, bool))  # fmt: skip
    start = {"line": np.ones((1, 1)), "line_shift": np.zeros(1)}
    recipe = Recipe(epochs=300, learning_rate=0.05, decay=10.0)
    told, draws = np.zeros((80, 1), np.float32), np.random.default_rng(1)
    found, curve = learn(
        start, lambda weights, x: x @ weights["line"] + weights["line_shift"], data, told, recipe, draws,
    )  # fmt: skip
    assert found["line_shift"][0] == pytest.approx(math.log(3), abs=0.02)
    assert abs(found["line"][0, 0]) < 0.02
    assert curve[-1] < curve[0]
