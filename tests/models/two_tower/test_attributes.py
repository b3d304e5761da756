"""Check that attributes become tokens, and that what is unknown says nothing."""

import numpy as np
import pytest

from lakehouse.catalog import PROFILES, TITLES
from models.two_tower.attributes import (
    ProfileAttributes,
    TitleAttributes,
    popularity_tokens,
    token_matrix,
    vocabulary,
)


def test_titles_become_genres_and_years(rows):
    table = rows(
        TITLES,
        {"title_id": "x", "genres": ["Drama", "War"], "year": 1994},
        {"title_id": "y", "genres": None, "year": None},
    )
    attributes = TitleAttributes.of(table)
    # two genres share a length of one; years stand in fives; nothing is known of y
    half = pytest.approx(0.5**0.5)
    assert attributes.tokens("x") == {
        "genre:Drama": half, "genre:War": half, "year:1990": 1.0, "title": 1.0,
    }  # fmt: skip
    assert attributes.tokens("y") == attributes.tokens("nobody knows") == {"title": 1.0}


def test_profiles_become_traits(rows):
    table = rows(PROFILES, {"profile_id": "a", "gender": "F", "occupation": "artist"})
    assert set(ProfileAttributes.of(table).tokens("a")) == {
        "gender:F", "occupation:artist", "profile",
    }  # fmt: skip


def test_words_that_training_never_saw_are_left_out():
    attributes = TitleAttributes({"x": ["Drama"], "n": ["Noir"]}, {})
    words = vocabulary(attributes, ["x"])
    assert token_matrix(attributes, ["n"], words).tolist() == [[0.0, 1.0]]


def test_popularity_stands_in_doubling_buckets():
    # 0 watchers: none; 1: first; 2 and 3: second; 4: third
    expected = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert popularity_tokens(np.array([0, 1, 2, 3, 4])).tolist() == expected
