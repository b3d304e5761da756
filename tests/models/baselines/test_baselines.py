"""Check each baseline against arithmetic done by hand."""

import numpy as np
import pytest

from features.histories import Histories
from models.baselines import Ease, Popularity, TooManyTitles, TransitionCounts, ease
from models.top_titles import ranked_titles

FOUR_PROFILES = Histories.of(
    # a and b watched x then y; c watched x, twice; d watched z
    ["a", "a", "b", "b", "c", "c", "d"],
    ["x", "y", "x", "y", "x", "x", "z"],
    [1, 2, 3, 4, 5, 6, 7],
)
EVERYONE = slice(0, 4)


def test_popularity_counts_profiles_and_not_watches():
    # c's second watch of x adds nothing
    scores = Popularity(FOUR_PROFILES).scores(FOUR_PROFILES, slice(1, 3))
    assert scores.tolist() == [[3, 2, 1], [3, 2, 1]]


def test_ease_solves_its_ridge_regressions():
    # column j of B is the ridge regression of title j on the others: an independent solution
    watched = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 0, 1]], float)
    expected = np.zeros((3, 3))
    for j in range(3):
        others = [i for i in range(3) if i != j]
        x = watched[:, others]
        expected[others, j] = np.linalg.solve(x.T @ x + 2.0 * np.eye(2), x.T @ watched[:, j])
    model = Ease(FOUR_PROFILES, ridge=2.0)
    assert np.allclose(model.scores(FOUR_PROFILES, EVERYONE), watched @ expected, atol=1e-6)


def test_ease_serves_profiles_it_was_not_fitted_with():
    stranger = Histories.of(["new"], ["x"], [9], title_ids=["x", "y", "z"])
    scores = Ease(FOUR_PROFILES, ridge=2.0).scores(stranger, slice(0, 1))
    assert scores[0, 1] > scores[0, 2]


def test_ease_refuses_what_would_not_fit(monkeypatch):
    monkeypatch.setattr(ease, "MOST_TITLES", 2)
    with pytest.raises(TooManyTitles, match="3 x 3 titles"):
        Ease(FOUR_PROFILES)


def test_transitions_offer_what_followed():
    # c's last title is x, after which y came twice and z never
    scores = TransitionCounts(FOUR_PROFILES).scores(FOUR_PROFILES, slice(2, 3))
    assert scores[0, 1] > scores[0, 2] == 0


def test_watched_titles_are_left_out_of_every_list():
    ranked = ranked_titles(Popularity(FOUR_PROFILES), FOUR_PROFILES, 3)
    assert ranked.tolist() == [[2, -1, -1], [2, -1, -1], [1, 2, -1], [0, 1, -1]]
