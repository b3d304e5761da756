"""Check the wide part against what can be worked out by hand, and the weights of rows."""

import math

import numpy as np
import pytest

from models.ranker.examples import Rows
from models.ranker.fit import list_weights
from models.ranker.wide import fit_wide

NO_DECAY = 1e-6


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def test_a_row_of_weight_three_counts_as_three():
    # chances by hand: of inputs 0 one in four happened, of inputs 1 three in four
    inputs, happened = column(0, 0, 1, 1), column(1, 0, 1, 0)
    weights = column(1, 3, 3, 1)
    wide = fit_wide(inputs, happened, weights, np.zeros(4, bool), NO_DECAY)
    assert wide.shift[0] == pytest.approx(-math.log(3), abs=1e-2)
    assert wide.weights[0, 0] == pytest.approx(2 * math.log(3), abs=1e-2)


def test_rows_of_their_own_have_a_level_of_their_own():
    # listed rows happen one time in four, own rows three times: the input says nothing
    inputs, happened = column(*[0.0] * 8), column(1, 0, 0, 0, 1, 1, 1, 0)
    own = np.arange(8) >= 4
    wide = fit_wide(inputs, happened, np.ones((8, 1), np.float32), own, NO_DECAY)
    chances = 1 / (1 + np.exp(-wide.logits(inputs, own)[:, 0]))
    np.testing.assert_allclose(chances[[0, 7]], [0.25, 0.75], atol=1e-2)


def test_decay_shrinks_weights_and_no_level():
    # one input in ten happened: no decay may move that
    inputs, happened = column(*range(10)), column(*[0.0] * 9, 1)
    free, shrunk = (
        fit_wide(inputs, happened, np.ones((10, 1), np.float32), np.zeros(10, bool), decay)
        for decay in (0.1, 1e6)
    )
    assert abs(shrunk.weights[0, 0]) < 1e-3 < free.weights[0, 0]
    assert shrunk.shift[0] == pytest.approx(-math.log(9), abs=0.05)


def test_rows_without_weight_take_no_part():
    inputs, happened = column(0, 0, 0, 0), column(1, 0, 1, 1)
    weights = column(1, 1, 0, 0)
    wide = fit_wide(inputs, happened, weights, np.zeros(4, bool), NO_DECAY)
    assert wide.shift[0] == pytest.approx(0, abs=1e-3)


def test_each_list_weighs_the_same_and_lists_without_a_watch_nothing():
    # list 0: two watched of three; list 1: one of two; list 2: none; the last two rows are their own
    watched = np.array([1, 1, 0, 1, 0, 0, 0, 1, 0], np.float32)
    lists = np.array([0, 0, 0, 1, 1, 2, 2, -1, -1])
    rows = Rows({}, {"watched": watched}, lists, lists.astype(np.int32))
    weights = list_weights(rows, own_share=0.5)
    # a watch of list 0 weighs half of one of list 1; own rows together half of all lists (3.5)
    np.testing.assert_allclose(weights / weights[3], [0.5] * 3 + [1] * 2 + [0] * 2 + [0.875] * 2)
    assert weights[weights > 0].mean() == pytest.approx(1)
