"""Check that rows are mixed, fresh, complete, and otherwise in the order of their ranking."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jobs.recommend.policy import Policy
from jobs.recommend.rerank import Window, diversify

CALM = replace(Policy(), longest_genre_run=99, franchise_gap=1, fresh_every=99)


def window(genres, franchises=None, fresh=None):
    """One profile's window; genres as sets of bits."""
    size = len(genres)
    return Window(
        np.ones((1, size), bool),
        np.array([genres], np.uint64),
        np.array([franchises or [-1] * size], np.int32),
        np.array([fresh or [False] * size], bool),
    )


def order(one, slots, **rules):
    return diversify(one, slots, replace(CALM, **rules))[0].tolist()


def test_without_rules_the_ranking_stays():
    assert order(window([1, 1, 1]), 3) == [0, 1, 2]


def test_no_genre_runs_longer_than_allowed():
    # drama, drama, drama, war, drama: the third waits for the war
    assert order(window([1, 1, 1, 2, 1]), 5, longest_genre_run=2) == [0, 1, 3, 2, 4]


def test_a_run_is_one_genre_shared_by_all_of_it():
    # each shares something with its neighbour, nothing is shared by three
    assert order(window([1, 3, 2, 2]), 4, longest_genre_run=2) == [0, 1, 2, 3]


def test_a_row_of_one_genre_keeps_its_length():
    assert order(window([1, 1, 1, 1]), 4, longest_genre_run=2) == [0, 1, 2, 3]


def test_films_of_a_franchise_keep_their_distance():
    # 0 and 1 are one franchise: with a gap of 3 two others stand between them
    one = window([0] * 5, franchises=[0, 0, -1, -1, -1])
    assert order(one, 5, franchise_gap=3) == [0, 2, 3, 1, 4]


def test_titles_without_a_franchise_are_no_franchise():
    assert order(window([0, 0], franchises=[-1, -1]), 2, franchise_gap=5) == [0, 1]


def test_some_slot_of_each_few_is_fresh():
    one = window([0] * 6, fresh=[False] * 5 + [True])
    assert order(one, 4, fresh_every=3) == [0, 1, 5, 2]


def test_the_franchise_rule_outweighs_the_genre_rule_and_that_the_fresh_one():
    one = window([1, 1, 2], franchises=[5, -1, 5])
    assert order(one, 3, longest_genre_run=1, franchise_gap=2) == [0, 1, 2]
    one = window([1, 1, 2], fresh=[False, True, False])
    assert order(one, 3, longest_genre_run=1, fresh_every=2) == [0, 2, 1]


def test_a_row_ends_where_its_titles_end():
    short = replace(window([0, 0, 0]), there=np.array([[True, False, True]]))
    assert diversify(short, 4, CALM).tolist() == [[0, 2, -1, -1]]


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_every_title_stands_once_and_runs_break_where_they_can(seed, run, gap, every):
    random = np.random.default_rng(seed)
    size = 9
    genres, fresh = random.integers(0, 8, size), random.random(size) < 0.3
    one = window(genres.tolist(), random.integers(-1, 3, size).tolist(), fresh.tolist())
    rules = {"longest_genre_run": run, "franchise_gap": gap, "fresh_every": every}
    row = order(one, size, **rules)

    assert sorted(row) == list(range(size))
    franchises = one.franchises[0]
    for slot in range(run, size):
        last = np.bitwise_and.reduce(genres[row[slot - run : slot]])
        recent = {franchises[place] for place in row[max(0, slot - gap + 1) : slot]} - {-1}
        runs_on = genres[row[slot]] & last
        if runs_on and franchises[row[slot]] not in recent:
            waiting = row[slot:]
            better = [p for p in waiting if not genres[p] & last and franchises[p] not in recent]
            assert not better
