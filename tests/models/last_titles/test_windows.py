"""Check what a window holds: older titles only, and every watch once."""

import numpy as np

from features.histories import Histories
from models.last_titles import newest
from models.last_titles.windows import windows


def histories(*watches):
    """Of (profile, title, time); titles a to z exist, so that code 0 is a, 1 is b, …"""
    profiles, titles, times = zip(*watches, strict=True) if watches else ((), (), ())
    return Histories.of(profiles, titles, times, title_ids=list("abcdefghijklmnopqrstuvwxyz"))


def rows(h):
    """{(last titles, coming titles)} as words."""
    told = windows(h)

    def word(codes):
        return "".join(chr(97 + code) for code in codes if code >= 0)

    return [(word(a), word(b)) for a, b in zip(told.last, told.coming, strict=True)]


def test_every_watch_comes_after_the_five_before_it():
    h = histories(*[("p", title, place) for place, title in enumerate("abcdefg")])
    assert rows(h) == [
        ("", "a"), ("a", "b"), ("ba", "c"), ("cba", "d"),
        ("dcba", "e"), ("edcba", "f"), ("fedcb", "g"),
    ]  # fmt: skip


def test_a_window_does_not_reach_into_another_profile():
    # q starts where p ends in the arrays
    h = histories(("p", "a", 1), ("p", "b", 2), ("q", "c", 3), ("q", "d", 4))
    assert rows(h) == [("", "a"), ("a", "b"), ("", "c"), ("c", "d")]


def test_what_shares_the_second_is_the_future():
    # b, c, d at one time: none is an input of the others, all three come after a
    h = histories(("p", "a", 1), ("p", "b", 2), ("p", "c", 2), ("p", "d", 2), ("p", "e", 3))
    assert rows(h) == [("", "a"), ("a", "bcd"), ("dcba", "e")]


def test_equal_times_of_two_profiles_are_not_one_moment():
    # p ends in the second in which q begins
    h = histories(("p", "a", 1), ("p", "b", 2), ("q", "c", 2))
    assert rows(h) == [("", "a"), ("a", "b"), ("", "c")]


def test_a_moment_with_more_titles_than_fit_has_several_windows():
    h = histories(("p", "z", 1), *[("p", title, 2) for title in "abcdefg"])
    assert rows(h) == [("", "z"), ("z", "abcde"), ("z", "fg")]


def test_a_play_and_its_completion_are_one_step():
    h = histories(("p", "a", 1), ("p", "a", 2), ("p", "b", 3))
    assert rows(h) == [("", "a"), ("a", "b")]
    assert newest(h).tolist() == [[1, 0, -1, -1, -1]]


def test_a_profile_may_begin_with_what_another_ended_with():
    # the two watches of b stand side by side, but nobody watched it again
    h = histories(("p", "a", 1), ("p", "b", 2), ("q", "b", 3), ("q", "c", 4))
    assert rows(h) == [("", "a"), ("a", "b"), ("", "b"), ("b", "c")]


def test_what_was_among_the_last_titles_is_no_news():
    # a again after b: it cannot come next, as the softmax leaves the last titles out; c can
    h = histories(("p", "a", 1), ("p", "b", 2), ("p", "a", 3), ("p", "c", 3))
    assert rows(h) == [("", "a"), ("a", "b"), ("ba", "c")]


def test_newest_titles_of_a_block_are_those_of_its_profiles():
    h = histories(("p", "a", 1), ("q", "b", 1), ("q", "c", 2), ("r", "d", 1))
    assert newest(h, slice(1, 3)).tolist() == [[2, 1, -1, -1, -1], [3, -1, -1, -1, -1]]
    np.testing.assert_array_equal(newest(h)[1:], newest(h, slice(1, None)))


def test_nobody_has_no_windows():
    h = histories()
    assert windows(h).last.shape == (0, 5)
    assert newest(h).shape == (0, 5)


def test_a_profile_without_watches_has_no_last_titles():
    h = Histories.of(["p"], ["a"], [1.0], profile_ids=["o", "p", "q"])
    assert newest(h).tolist() == [[-1] * 5, [0, -1, -1, -1, -1], [-1] * 5]
