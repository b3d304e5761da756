"""Check that lists are the best titles, in a repeatable order, and end where candidates end."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.histories import Histories
from models.top_titles import blocks, top_titles, without_watched


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 12))
def test_agrees_with_sorting_everything(seed, titles, k):
    # few distinct scores, so that ties at the cut are common
    scores = np.random.default_rng(seed).integers(0, 4, (3, titles)).astype(np.float32)
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    assert (top_titles(scores, k)[:, : expected.shape[1]] == expected).all()


def test_short_lists_end_in_minus_one():
    scores = np.array([[-np.inf, 2.0, -np.inf], [1.0, 2.0, 3.0]])
    assert top_titles(scores, 4).tolist() == [[1, -1, -1, -1], [2, 1, 0, -1]]


def test_what_was_watched_is_no_candidate():
    histories = Histories.of(["a", "b", "b"], ["x", "y", "z"], [1, 1, 2])
    scores = without_watched(np.ones((1, 3), np.float32), histories, slice(1, 2))
    assert top_titles(scores, 3).tolist() == [[0, -1, -1]]


def test_blocks_cover_every_profile_once():
    covered = [p for block in blocks(10, 1_500_000) for p in range(block.start, block.stop)]
    assert covered == list(range(10))
