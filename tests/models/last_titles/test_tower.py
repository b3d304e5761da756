"""Check both losses of the tower on a catalogue of four titles, with the arithmetic in comments."""

from itertools import product

import numpy as np
import pytest
import tensorflow as tf

from models.last_titles import Recipe
from models.last_titles.tower import MOVE, Tower
from models.last_titles.windows import Windows

VECTORS = np.array([[1, 0], [0, 1], [1, 1], [-1, 0.5]], np.float32)
COMES = np.array([[0, 1], [1, 0], [1, 1], [0, -1]], np.float32)
WEIGHTS = np.array([1, 0.5], np.float32)
POPULARITY = np.log([0.4, 0.3, 0.2, 0.1]).astype(np.float32)
LAST = np.array([[0, 1], [3, -1], [-1, -1]], np.int32)
COMING = np.array([[2, -1], [0, 2], [1, -1]], np.int32)
"""Three windows, four titles: the second has two titles that come in one second."""


def tower(negatives=0, last=LAST, coming=COMING):
    made = Tower(Windows(last, coming), np.ones(4, np.int64), Recipe(2, negatives=negatives))
    made.watched.assign(VECTORS)
    made.moved.assign((COMES - VECTORS) / MOVE)
    made.weights_by_age.assign(WEIGHTS[: last.shape[1]] if last.shape[1] < 3 else [1.0, 7.0, 9.0])
    made.popularity.assign(POPULARITY)
    made.compile(optimizer=tf.keras.optimizers.legacy.Adam())
    return made


def loss(made, *chosen):
    return float(made.compute_loss(tf.constant(chosen or (0, 1, 2), tf.int32)))


def test_full_softmax_by_hand():
    # first: points to (1, 0) + .5 (0, 1) = (1, .5); titles 0, 1 are hidden, 2 and 3 are left with
    # .2 e^1.5 and .1 e^-.5
    two, three = 0.2 * np.exp(1.5), 0.1 * np.exp(-0.5)
    first = -np.log(two / (two + three))
    # second: points to (-1, .5); title 3 is hidden
    zero, one, two = 0.4 * np.exp(0.5), 0.3 * np.exp(-1), 0.2 * np.exp(-0.5)
    second = -np.log(zero / (zero + one + two)) - np.log(two / (zero + one + two))
    # third: nothing known, popularity alone
    third = -np.log(0.3)
    assert loss(tower()) == pytest.approx((first + second + third) / 4, rel=1e-5)


def test_draws_count_by_the_inverse_of_how_often_they_are_expected(monkeypatch):
    # draws 0, 0, 3 of four titles: each is expected 3/4 times, so counts 4/3; title 1 came itself
    monkeypatch.setattr(Tower, "drawn", lambda _: tf.constant([0, 0, 3], tf.int32))
    expected = -np.log(0.3 / (0.3 + 4 / 3 * (0.4 + 0.4 + 0.1)))
    assert loss(tower(negatives=3), 2) == pytest.approx(expected, rel=1e-5)


def test_draws_that_came_or_were_just_watched_do_not_count(monkeypatch):
    # second window: title 3 was watched, 0 and 2 come; only the draw of 1 is a negative
    monkeypatch.setattr(Tower, "drawn", lambda _: tf.constant([0, 1, 2, 3], tf.int32))
    zero, one, two = 0.4 * np.exp(0.5), 0.3 * np.exp(-1), 0.2 * np.exp(-0.5)
    total = zero + one + two
    expected = -(np.log(zero / total) + np.log(two / total)) / 2
    assert loss(tower(negatives=4), 1) == pytest.approx(expected, rel=1e-5)


def test_draws_estimate_the_full_softmax_without_bias(monkeypatch):
    # over all sixteen draws of two titles, the mean of what stands under the fraction is exact;
    # third window: nothing hidden, title 1 comes, e^-loss = .3 / what stands under the fraction
    made, under = tower(negatives=2), []
    for pair in product(range(4), repeat=2):
        monkeypatch.setattr(Tower, "drawn", lambda _, pair=pair: tf.constant(pair, tf.int32))
        under.append(0.3 * np.exp(loss(made, 2)))
    assert np.mean(under) == pytest.approx(1.0, rel=1e-5)


def test_draws_are_even_repeatable_and_new_at_each_step():
    made = tower(negatives=4_000)
    first, again = made.drawn().numpy(), made.drawn().numpy()
    made.optimizer.iterations.assign(1)
    assert (first == again).all()
    assert (first != made.drawn().numpy()).any()
    # 1000 expected each, sigma 27
    assert np.bincount(first, minlength=4) == pytest.approx([1000] * 4, abs=140)


@pytest.mark.parametrize("negatives", [0, 3])
def test_absent_titles_change_nothing(negatives):
    short = tower(negatives, LAST[1:2, :1], COMING[1:2])
    long = tower(negatives, np.array([[3, -1, -1]], np.int32), COMING[1:2])
    short.weights_by_age.assign(WEIGHTS[:1])
    long.weights_by_age.assign([1.0, 7.0, 9.0])
    assert loss(short, 0) == pytest.approx(loss(long, 0), rel=1e-6)
