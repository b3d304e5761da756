"""Check that what is known is read under the right code, and that the unknown stays unknown."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from jobs.recommend.attributes import Audience, Catalogue, codes_of, shares
from lakehouse.catalog import PROFILES, TITLES
from lakehouse.writing import arrow_schema

RELEASE = datetime(2020, 1, 1, tzinfo=UTC)


def titles(*rows):
    return pa.Table.from_pylist(list(rows), schema=arrow_schema(TITLES))


def test_titles_stand_under_their_codes():
    table = titles(
        {"title_id": "c", "name": "Sea", "genres": ["War", "Drama"], "year": 1999, "maturity": 12},
        {"title_id": "b", "genres": ["Drama"], "regions": ["NL"], "franchise": "f",
         "available_from": RELEASE},
    )  # fmt: skip
    read = Catalogue.of(table, ["a", "b", "c"], ["DE"])

    assert read.names == ["a", "b", "Sea"]
    assert read.listed.tolist() == [False, True, True]  # a was watched and is gone
    assert read.genre_names == ["Drama", "War"]  # the most frequent first
    assert read.genres.tolist() == [[False, False], [True, False], [True, True]]
    assert read.genre_masks.tolist() == [0, 1, 3]
    assert read.region_names == ["DE", "NL"]  # profiles' and titles' regions share their codes
    assert read.regions.tolist() == [[False, False], [False, True], [False, False]]
    assert read.franchises.tolist() == [-1, 0, -1]
    np.testing.assert_array_equal(read.maturity, [np.nan, np.nan, 12])
    np.testing.assert_array_equal(read.available_from, [np.nan, RELEASE.timestamp(), np.nan])


def test_an_empty_catalogue_is_read():
    read = Catalogue.of(titles(), [])
    assert read.genre_masks.shape == (0,)
    assert read.released(np.zeros(0)).shape == (0,)


def test_release_is_availability_then_the_end_of_the_year_then_the_first_watch():
    table = titles(
        {"title_id": "a", "available_from": RELEASE, "year": 1990},
        {"title_id": "b", "year": 1990},
        {"title_id": "c"},
    )
    released = Catalogue.of(table, ["a", "b", "c"]).released(np.array([5.0, 5.0, 5.0]))
    end_of_1990 = datetime(1991, 1, 1, tzinfo=UTC).timestamp()
    assert released.tolist() == [RELEASE.timestamp(), end_of_1990, 5.0]


def test_profiles_stand_under_their_codes():
    rows = [{"profile_id": "q", "region": "NL", "maturity_limit": 7}, {"profile_id": "p"}]
    table = pa.Table.from_pylist(rows, schema=arrow_schema(PROFILES))
    read = Audience.of(table, ["o", "p", "q"], ["DE", "NL"])
    assert read.regions.tolist() == [-1, -1, 1]
    np.testing.assert_array_equal(read.maturity_limits, [np.nan, np.nan, 7])


def test_null_and_unknown_values_have_no_code():
    column = pa.chunked_array([["b", None], ["x", "a"]])
    assert codes_of(column, ["a", "b"]).tolist() == [1, -1, -1, 0]


def test_shares_are_read_from_maps_of_a_slice():
    # a slice of a table keeps the offsets of the whole
    column = pa.chunked_array(
        [
            pa.array(
                [[("z", 1.0)], [("a", 0.25), ("b", 0.75)], []], pa.map_(pa.string(), pa.float64())
            )
        ]
    ).slice(1)
    assert shares(column, np.array([2, 0]), 3, ["b", "a"]).tolist() == [
        [0, 0],
        [0, 0],
        [0.75, 0.25],
    ]
