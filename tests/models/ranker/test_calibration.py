"""Check that calibration finds the odds that made the data, and never turns an order round."""

import numpy as np
import pytest

from models.metrics import calibration_error
from models.ranker.calibration import fit_line


def test_finds_the_line_that_made_the_outcomes():
    draws = np.random.default_rng(1)
    scores = draws.normal(0, 2, 20_000).astype(np.float32)
    happened = draws.random(20_000) < 1 / (1 + np.exp(-(0.5 * scores - 1)))
    line = fit_line(scores, happened.astype(np.float32))
    # 20,000 draws: the standard error of either is below .02
    assert line.slope == pytest.approx(0.5, abs=0.06)
    assert line.shift == pytest.approx(-1, abs=0.06)
    assert calibration_error(happened, line.probabilities(scores)) < 0.02


def test_scores_that_say_the_opposite_keep_their_order():
    # a head that learned the reverse must not silently become its own opposite
    scores = np.linspace(-1, 1, 50, dtype=np.float32)
    line = fit_line(scores, (scores < 0).astype(np.float32))
    assert (np.diff(line.probabilities(scores)) >= 0).all()


def test_outcomes_of_one_kind_never_become_certain():
    # Platt's targets: three of three happened is 4/5, not 1
    line = fit_line(np.zeros(3, np.float32), np.ones(3, np.float32))
    assert line.probabilities(np.zeros(1, np.float32))[0] == pytest.approx(0.8, abs=1e-3)


def test_separable_outcomes_do_not_diverge():
    scores = np.array([-3, -2, 2, 3], np.float32)
    found = fit_line(scores, np.array([0, 0, 1, 1], np.float32)).probabilities(scores)
    assert np.isfinite(found).all()
    assert found[0] < 0.5 < found[-1]


def test_steep_scores_of_what_seldom_happens_are_brought_down():
    # log-odds say nearly sure, one in three happened: whole Newton steps leapt to and fro here
    scores = np.repeat(np.array([-12, 9], np.float32), [90, 30])
    outcomes = np.concatenate([np.zeros(90), np.arange(30) % 3 == 0]).astype(np.float32)
    chances = fit_line(scores, outcomes).probabilities(scores)
    assert chances[-1] == pytest.approx(1 / 3, abs=0.03)  # less what smoothing takes
    assert chances[0] < 0.02
