"""Score titles by which others were watched: each model against a sum by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.histories import Histories
from models.baselines.watched import watched_matrix
from models.ranker import title_scores
from models.ranker.title_scores import FAINTEST_WALK, POPULARITY_SHRINKAGE, RandomWalk, Ridge

if TYPE_CHECKING:
    import pytest

# p watched a and b, q watched b alone, r watched a and c
WATCHED = [("p", "a"), ("p", "b"), ("q", "b"), ("r", "a"), ("r", "c")]


def histories() -> Histories:
    profiles, titles = zip(*WATCHED, strict=True)
    return Histories.of(list(profiles), list(titles), np.arange(len(WATCHED)))


def test_a_walk_goes_over_profiles_and_arrives_less_where_all_do() -> None:
    # from b: over p (1/2) to a or b, over q (1/2) to b; so a 1/4, b 3/4, c nothing
    h = histories()
    scores = RandomWalk(h).scores(watched_matrix(h))[h.profile_ids.index("q")]
    chances, watchers = np.array([1 / 4, 3 / 4, 0]), np.array([2, 2, 1])
    expected = np.log(chances / (watchers + POPULARITY_SHRINKAGE) ** 0.5 + FAINTEST_WALK)
    np.testing.assert_allclose(scores, expected, rtol=1e-5)


def test_a_walk_keeps_the_likeliest_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    # with one end kept, from b only b itself is left
    monkeypatch.setattr(title_scores, "WALKS_KEPT", 1)
    monkeypatch.setattr(title_scores, "TITLES_AT_ONCE", 2)  # and blocks join in order
    h = histories()
    scores = RandomWalk(h).scores(watched_matrix(h))[h.profile_ids.index("q")]
    assert (scores > np.log(2 * FAINTEST_WALK)).tolist() == [False, True, False]


def test_nothing_watched_is_scored_alike() -> None:
    h = histories()
    nothing = watched_matrix(h)[:1] * 0
    assert len(set(RandomWalk(h).scores(nothing)[0])) == 1


def test_the_ridge_solves_its_normal_equations() -> None:
    h = histories()
    watched = watched_matrix(h).toarray().astype(float)
    scaled = watched / np.sqrt(watched.sum(axis=1, keepdims=True))
    weights = np.linalg.solve(
        scaled.T @ scaled + title_scores.RIDGE * np.eye(3), scaled.T @ watched
    )
    np.testing.assert_allclose(Ridge(h).scores(watched_matrix(h)), scaled @ weights, rtol=1e-5)
