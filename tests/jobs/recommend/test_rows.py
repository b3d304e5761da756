"""Check that a page holds a title once, each row what it promises, and rows stand in personal order."""

from dataclasses import replace

import numpy as np

from jobs.recommend.policy import SOURCES, Policy, Shelf
from jobs.recommend.rank import Ranked
from jobs.recommend.rows import Tastes, Traits, first_places, lay_out

CALM = replace(Policy(), longest_genre_run=99, franchise_gap=1, fresh_every=99, pinned_rows=1)
TITLES = 8
TRAITS = Traits(
    np.zeros((TITLES, 1), bool),
    np.zeros(TITLES, np.uint64),
    np.full(TITLES, -1, np.int32),
    np.zeros(TITLES, bool),
)


def ranking(bits=(0,) * TITLES, utilities=None):
    """One profile to whom title 0 is worth most, then 1, and so on."""
    codes = np.arange(TITLES, dtype=np.int32)[None]
    worth = np.arange(TITLES, 0, -1) if utilities is None else utilities
    return Ranked(codes, np.array([bits], np.uint8), np.array([worth], np.float32))


def shelf(source, slots=3, rows=1, fewest=1):
    return Shelf(source, rows, slots, fewest, "a test")


def rows(layout):
    return [[p for p in row if p >= 0] for row in layout.places[0].tolist() if row[0] >= 0]


def bit(name):
    return 1 << SOURCES.index(name)


def test_a_title_stands_in_the_first_row_that_takes_it():
    bits = [bit("popular")] * 4 + [0] * 4
    layout = lay_out(
        ranking(bits), Tastes.none(1), TRAITS, [shelf("top_picks", 2), shelf("popular", 3)], CALM
    )
    assert rows(layout) == [[0, 1], [2, 3]]


def test_a_row_with_too_few_titles_is_left_out_and_frees_them():
    bits = [0] * 2 + [bit("new")] + [bit("popular")] * 2 + [0] * 3
    bits[2] |= bit("popular")
    shelves = [shelf("top_picks", 2), shelf("new", 3, fewest=2), shelf("popular", 3, fewest=3)]
    layout = lay_out(ranking(bits), Tastes.none(1), TRAITS, shelves, CALM)
    assert rows(layout) == [[0, 1], [2, 3, 4]]
    assert layout.shelves.tolist() == [[0, 2, -1]]


def test_because_you_watched_holds_neighbours_of_its_anchor():
    tastes = replace(
        Tastes.none(1),
        anchors=np.array([[7, 6, -1]], np.int32),
        neighbours=np.array([[[5, 2], [3, 2], [-1, -1]]], np.int32),
    )
    layout = lay_out(ranking(), tastes, TRAITS, [shelf("because_you_watched", 3, rows=3)], CALM)
    assert rows(layout) == [[2, 5], [3]]  # 2 is a neighbour of both and stands once
    assert layout.numbers.tolist() == [[0, 1, -1]]


def test_genre_rows_hold_their_genre_which_is_no_run():
    genres = np.zeros((TITLES, 2), bool)
    genres[[1, 3, 5], 1] = True
    genres[[1, 3], 0] = True  # the row is of genre 1, so what it must break up are runs of genre 0
    masks = (genres @ np.array([1, 2])).astype(np.uint64)
    traits = replace(TRAITS, genres=genres, genre_masks=masks)
    tastes = replace(Tastes.none(1), genres=np.array([[1, -1]], np.int32))
    strict = replace(CALM, longest_genre_run=1)
    layout = lay_out(ranking(), tastes, traits, [shelf("genre", 3, rows=2)], strict)
    assert rows(layout) == [[1, 5, 3]]


def test_rows_stand_in_the_order_of_what_their_first_titles_are_worth():
    # popular's first titles are worth 3 on average, new's 5; top picks are pinned though worth less
    worth = np.array([9, 8, 6, 5, 4, 3, 2, 1])
    bits = [0, 0, bit("new"), bit("new") | 0, bit("popular"), bit("popular"), 0, 0]
    shelves = [shelf("top_picks", 2), shelf("popular", 2), shelf("new", 2)]
    layout = lay_out(ranking(bits, worth), Tastes.none(1), TRAITS, shelves, CALM)
    assert rows(layout) == [[0, 1], [2, 3], [4, 5]]


def test_only_what_fits_on_a_screen_counts_for_the_order_of_rows():
    # new begins with 6 and ends in 1s, popular is 5 throughout
    worth = np.array([6, 5, 5, 5, 1, 1, 1, 1])
    bits = [bit("new")] + [bit("popular")] * 3 + [bit("new")] * 2 + [0] * 2
    shelves = [shelf("popular", 3), shelf("new", 3)]
    rules = replace(CALM, pinned_rows=0, visible_slots=1)
    assert rows(lay_out(ranking(bits, worth), Tastes.none(1), TRAITS, shelves, rules)) == [
        [0, 4, 5],
        [1, 2, 3],
    ]


def test_free_is_what_stands_nowhere():
    layout = lay_out(ranking(), Tastes.none(1), TRAITS, [shelf("top_picks", 3)], CALM)
    assert layout.free(ranking()).tolist() == [[False] * 3 + [True] * 5]


def test_profiles_without_candidates_have_no_rows():
    nothing = Ranked(
        np.zeros((2, 0), np.int32), np.zeros((2, 0), np.uint8), np.zeros((2, 0), np.float32)
    )
    layout = lay_out(nothing, Tastes.none(2), TRAITS, [shelf("top_picks", 3)], CALM)
    assert layout.titles.tolist() == [0, 0]
    assert layout.shelves.tolist() == [[-1], [-1]]


def test_first_places():
    eligible = np.array([[False, True, True, True], [False, False, False, True]])
    assert first_places(eligible, 2).tolist() == [[1, 2], [3, -1]]
