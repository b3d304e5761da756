"""Pairs of titles on histories small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from features import title_pairs
from features.histories import Histories
from features.title_pairs import (
    believed,
    co_watch_scores,
    co_watches,
    fast,
    transition_scores,
    transitions,
)


def histories(*watches: tuple[str, str, float]) -> Histories:
    profiles, titles, times = zip(*watches, strict=True)
    return Histories.of(profiles, titles, times)


def test_likeness_is_the_shrunk_cosine_of_two_audiences() -> None:
    h = histories(
        ("p", "a", 1), ("q", "a", 1), ("r", "a", 1), ("s", "a", 1),
        ("p", "b", 2), ("q", "b", 2),
        ("p", "b", 3),  # watching again makes no second profile
        ("r", "c", 2),  # one shared profile is no pattern
    )  # fmt: skip
    alike = co_watches(h).toarray()
    expected = 2 / np.sqrt(4 * 2) * 2 / 12
    assert alike[0, 1] == alike[1, 0] == pytest.approx(expected)
    assert np.count_nonzero(alike) == 2


def test_co_watch_score_is_the_mean_over_the_last_titles() -> None:
    alike = np.array([[0, 0.2, 0.4], [0.2, 0, 0], [0.4, 0, 0]])
    last = np.array([[1, 2], [2, -1], [-1, -1]], np.int32)
    scores = co_watch_scores(alike, last)
    assert scores[0] == pytest.approx([0.3, 0, 0])
    assert scores[1] == pytest.approx([0.4, 0, 0])
    assert not scores[2].any()


def test_a_transition_counts_less_the_farther_it_reaches() -> None:
    h = histories(*((("p", title, place)) for place, title in enumerate("abcdefg")))
    follows = transitions(h).toarray()
    assert follows[0] == pytest.approx([0, 1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 0])
    assert not follows[:, 0].any()


def test_profiles_do_not_follow_one_another() -> None:
    assert not transitions(histories(("p", "a", 1), ("q", "b", 2))).toarray().any()


def test_nobody_knows_the_order_of_watches_that_share_a_time() -> None:
    follows = transitions(histories(("p", "a", 1), ("p", "b", 1), ("p", "c", 2))).toarray()
    assert follows[0, 1] == follows[1, 0] == 1
    assert (follows[0, 2], follows[1, 2]) == (1 / 2, 1)
    assert not follows[2].any()


def test_watching_on_is_no_transition_and_hides_none() -> None:
    # a show played twice in a row, then left: its next title still follows at distance one
    follows = transitions(histories(("p", "a", 1), ("p", "a", 2), ("p", "b", 3))).toarray()
    assert follows.tolist() == [[0, 1], [0, 0]]


def test_transition_score_weighs_the_last_three_titles() -> None:
    follows = np.zeros((4, 4))
    follows[:3, 3] = [2, 4, 6]
    last = np.array([[0, 1, 2], [2, -1, -1]], np.int32)
    scores = transition_scores(follows, last)
    assert scores[0, 3] == pytest.approx(np.log1p(2 + 4 / 2 + 6 / 3))
    assert scores[1, 3] == pytest.approx(np.log1p(6))


def test_dense_sparse_and_blocked_matrices_score_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    h = Histories.of(
        rng.integers(20, size=300).astype(str), rng.integers(30, size=300).astype(str),
        rng.integers(50, size=300).astype(float),
    )  # fmt: skip
    last = h.last_titles(3)
    whole = co_watches(h).toarray()
    monkeypatch.setattr(title_pairs, "BLOCK_CELLS", 7 * len(h.title_ids))  # blocks of seven rows
    np.testing.assert_array_equal(co_watches(h).toarray(), whole)
    for matrix, scores in ((co_watches(h), co_watch_scores), (transitions(h), transition_scores)):
        assert isinstance(fast(matrix), np.ndarray)
        np.testing.assert_allclose(scores(fast(matrix), last), scores(matrix, last))
        with monkeypatch.context() as smaller:
            smaller.setattr(title_pairs, "DOUBLE_CELLS", 0)
            assert fast(matrix).dtype == np.float32
            found = scores(fast(matrix), last)
            np.testing.assert_allclose(found, scores(matrix, last), rtol=1e-6, atol=1e-7)
            smaller.setattr(title_pairs, "DENSE_CELLS", 0)
            assert fast(matrix) is matrix


def test_few_shared_profiles_are_hardly_believed() -> None:
    assert believed(np.array([0.0, 1, 2, 90])).tolist() == pytest.approx([0, 0, 4 / 12, 81])
