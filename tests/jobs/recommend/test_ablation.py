"""Check the table of what each source adds, counted by hand."""

import numpy as np
import pytest

from jobs.recommend.ablation import leave_one_source_out, together
from jobs.recommend.policy import SOURCES

POPULAR, NEW = (1 << SOURCES.index(name) for name in ("popular", "new"))


def test_a_source_adds_what_only_it_found():
    codes = np.array([[1, 2, 3], [1, 4, -1], [2, -1, -1]])
    bits = np.array([[POPULAR, POPULAR | NEW, NEW], [NEW, NEW, 0], [NEW, 0, 0]], np.uint8)
    # later, profile 0 watched 1, 2 and 9; profile 1 watched 4, twice; profile 2 nothing
    offsets, titles = np.array([0, 3, 5, 5]), np.array([1, 2, 9, 4, 4], np.int32)

    lines = {line.source: line for line in leave_one_source_out(codes, bits, offsets, titles)}

    assert lines["new"].recall == pytest.approx((2 / 3 + 1) / 2)
    assert lines["popular"].adds == pytest.approx((1 / 3) / 2)  # title 1 of profile 0
    assert lines["new"].adds == pytest.approx(1 / 2)  # title 4 of profile 1
    assert lines["content"].adds == 0
    assert (lines["new"].candidates, lines["new"].only_here, lines["new"].profiles) == (5, 4, 2)


def test_without_later_watches_there_is_nothing_to_judge():
    lines = leave_one_source_out(
        np.array([[1]]), np.array([[NEW]], np.uint8), np.array([0, 0]), np.zeros(0, np.int32)
    )
    assert {line.profiles for line in lines} == {0}
    assert {line.recall for line in lines} == {0.0}


def test_blocks_of_profiles_add_up_to_the_whole():
    # 3 profiles beside 1: a mean of means would count the lonely one three times
    codes = np.array([[1, 2], [1, 2], [2, 3], [1, -1]])
    bits = np.array([[POPULAR, NEW], [NEW, NEW], [POPULAR, POPULAR | NEW], [NEW, 0]], np.uint8)
    offsets, titles = np.array([0, 2, 3, 5, 6]), np.array([1, 2, 2, 3, 4, 1], np.int32)
    whole = leave_one_source_out(codes, bits, offsets, titles)
    parts = [
        leave_one_source_out(codes[:3], bits[:3], offsets[:4], titles[:5]),
        leave_one_source_out(codes[3:], bits[3:], np.array([0, 1]), titles[5:]),
    ]
    for one, other in zip(together(parts), whole, strict=True):
        assert one.recall == pytest.approx(other.recall)
        assert one.adds == pytest.approx(other.adds)
        assert (one.candidates, one.only_here) == (other.candidates, other.only_here)
        assert one.profiles == other.profiles == 4
    assert together([]) == []
