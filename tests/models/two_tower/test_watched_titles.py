"""Check that histories are distinct, newest first and cut at the old end."""

import pytest

from features.histories import Histories
from models.two_tower.watched_titles import watched_titles


def test_newest_first_and_a_rewatched_title_once():
    # a watched x, y, then x again: x is the newest, and there once
    h = Histories.of(["a", "a", "a", "b"], ["x", "y", "x", "z"], [1, 2, 3, 1], profile_ids=["c"])
    seen = watched_titles(h, power=0.5, longest=10)
    assert seen.offsets.tolist() == [0, 2, 3, 3]
    assert seen.titles.tolist() == [0, 1, 2]
    assert seen.recency.tolist() == pytest.approx([1.0, 2**-0.5, 1.0])


def test_the_oldest_are_left_out_first():
    h = Histories.of(["a"] * 4, ["w", "x", "y", "z"], [4, 3, 2, 1])
    assert watched_titles(h, 0.0, longest=2).titles.tolist() == [0, 1]


def test_nobody_watched_anything():
    h = Histories.of([], [], [], title_ids=["x"], profile_ids=["a"])
    assert watched_titles(h, 0.5, 5).offsets.tolist() == [0, 0]
