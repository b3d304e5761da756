"""Check losses against arithmetic, and the layers in NumPy against TensorFlow."""

import math

import numpy as np
import pytest
import tensorflow as tf

from models.ranker import network
from models.ranker.network import Batchable, Recipe, chance_loss, list_loss, train
from models.ranker.ranker import forward


def test_list_loss_is_the_log_chance_among_those_present():
    # list 1: logits 0, ln 3, (absent); watched the second: chance 3/4
    # list 2: logits 0, 0, 0; watched the first two: chance 1/3 each
    logits = tf.constant([[0.0, math.log(3), 50.0], [0.0, 0.0, 0.0]])
    happened = tf.constant([[0.0, 1.0, math.nan], [1.0, 1.0, 0.0]])
    present = tf.constant([[True, True, False], [True, True, True]])
    expected = (math.log(4 / 3) + 2 * math.log(3)) / 3
    assert float(list_loss(logits, happened, present)) == pytest.approx(expected, rel=1e-5)


def test_chance_loss_leaves_out_what_is_not_known():
    # head 1 knows two outcomes at logit 0: ln 2 on average; head 2 knows none: 0
    logits = tf.constant([[0.0, 9.0], [0.0, -9.0], [7.0, 0.0]])
    outcomes = tf.constant([[1.0, math.nan], [0.0, math.nan], [math.nan, math.nan]])
    assert float(chance_loss(logits, outcomes)) == pytest.approx(math.log(2), rel=1e-5)


def made(seed: int = 0) -> Batchable:
    draws = np.random.default_rng(seed)
    inputs = draws.normal(0, 1, (90, 5)).astype(np.float32)
    outcomes = (inputs[:, :2] > 0.5).astype(np.float32)
    return Batchable(inputs, outcomes, np.array([0, 10, 25, 40], np.int64))


def test_numpy_layers_equal_those_trained():
    data = made()
    layers, _ = train(data, Recipe(hidden=7, epochs=2), seed=1)
    weights = {name: tf.constant(value) for name, value in layers.items()}
    ours = forward(layers, data.inputs)
    theirs = network._logits(weights, tf.constant(data.inputs)).numpy()
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert np.abs(ours).max() > 0.01  # something was learned at all


def test_equal_seeds_give_equal_weights_and_others_do_not():
    recipe = Recipe(hidden=4, epochs=2)
    first, again, other = (train(made(), recipe, seed)[0] for seed in (3, 3, 4))
    assert all((first[name] == again[name]).all() for name in first)
    assert (first["bottom"] != other["bottom"]).any()


def test_training_without_any_list_or_any_row_of_its_own_works():
    data = made()
    only_rows = Batchable(data.inputs, data.outcomes, np.array([0], np.int64))
    only_lists = Batchable(data.inputs[:40], data.outcomes[:40], data.offsets)
    for some in (only_rows, only_lists):
        layers, curve = train(some, Recipe(hidden=4, epochs=3), seed=1)
        assert np.isfinite(curve).all()
        assert all(np.isfinite(value).all() for value in layers.values())
