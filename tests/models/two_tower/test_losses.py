"""Check both softmax losses on 3 x 4 tensors, with the arithmetic in comments."""

import numpy as np
import pytest
import tensorflow as tf

from models.two_tower.losses import full_softmax, sampled_softmax

LOGITS = np.log([[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0], [1.0, 1.0, 1.0, 7.0]])
"""Three profiles, four titles; the exponentials of every row sum to ten."""
ROWS, TITLES = [0, 0, 1, 2], [3, 0, 1, 3]
"""Profile 0 watched titles 3 and 0, profile 1 title 1, profile 2 title 3."""
ONES = [1.0, 1.0, 1.0, 1.0]
NO_HITS = np.zeros((0, 2), np.int32)


def full(logits=LOGITS, rows=ROWS, titles=TITLES, weights=ONES, hidden=None):
    loss = full_softmax(
        tf.constant(logits, tf.float32), tf.constant(rows), tf.constant(titles),
        tf.constant(weights), None if hidden is None else tf.constant(hidden, tf.int32),
    )  # fmt: skip
    return float(loss)


def sampled(drawn, log_expected, hits, rows=ROWS, titles=TITLES):
    wanted = LOGITS[rows, titles]
    loss = sampled_softmax(
        tf.constant(wanted, tf.float32), tf.constant(rows), tf.ones(len(rows)),
        tf.constant(LOGITS[:, drawn], tf.float32), tf.constant(log_expected, tf.float32),
        tf.constant(hits, tf.int32),
    )  # fmt: skip
    return float(loss)


def test_full_softmax_by_hand():
    # -log p: 4/10, 1/10, 3/10, 7/10; a quarter of each
    expected = -np.mean(np.log([0.4, 0.1, 0.3, 0.7]))
    assert full() == pytest.approx(expected, rel=1e-5)


def test_grouping_changes_nothing():
    # one row per pair, as an ungrouped softmax has it
    one_by_one = full(LOGITS[ROWS], [0, 1, 2, 3])
    assert full() == pytest.approx(one_by_one, rel=1e-6)


def test_weights_are_shares_of_the_mean():
    # (3 * -log .4 + 1 * -log .7) / 4, the others weigh nothing
    expected = -(3 * np.log(0.4) + np.log(0.7)) / 4
    assert full(weights=[3.0, 0.0, 0.0, 1.0]) == pytest.approx(expected, rel=1e-5)


def test_what_the_tower_was_shown_is_not_in_the_softmax():
    # profile 0 was shown title 0: title 3 is 4 / (2 + 3 + 4)
    loss = full(rows=[0], titles=[3], weights=[1.0], hidden=[[0, 0]])
    assert loss == pytest.approx(-np.log(4 / 9), rel=1e-5)


def test_drawing_every_title_once_is_the_full_softmax():
    # each title drawn once where one draw was expected: log 1 = 0; own titles are hits
    hits = [[row, title] for row, title in zip(ROWS, TITLES, strict=True)]
    assert sampled([0, 1, 2, 3], np.zeros(4), hits) == pytest.approx(full(), rel=1e-5)


def test_a_title_drawn_half_as_often_counts_twice():
    # titles 1 and 2 drawn; two draws of 1 and a half of 2 were expected, one of each happened
    # profile 0, title 3: 4 / (own 4 + 1 + 2/2 + 3/.5) = 4/12; title 0: 1/12
    # profile 1, title 1: a hit, so 3 / (own 3 + 2/.5) = 3/7
    # profile 2, title 3: 7 / (own 7 + 1/2 + 1/.5) = 7/9.5
    expected = -np.mean(np.log([4 / 12, 1 / 12, 3 / 7, 7 / 9.5]))
    assert sampled([1, 2], np.log([2.0, 0.5]), [[1, 0]]) == pytest.approx(expected, rel=1e-5)


def test_an_accidental_hit_counts_once():
    # without its removal, title 1 would stand twice under profile 1's fraction
    with_hit = sampled([1], [0.0], [[1, 0]], rows=[1], titles=[1])
    assert with_hit == pytest.approx(-np.log(3 / 3), abs=1e-5)


def test_very_large_logits_stay_finite():
    # a temperature of .01 gives logits of 100, whose exponential is not a float32
    large = tf.constant([[100.0, -100.0]])
    loss = sampled_softmax(
        tf.constant([100.0]), tf.constant([0]), tf.ones(1), large, tf.zeros(2), tf.constant(NO_HITS)
    )
    assert float(loss) == pytest.approx(np.log(2), rel=1e-4)
