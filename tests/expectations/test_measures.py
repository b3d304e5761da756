"""Measures see each row by itself, whatever batch it comes in."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from expectations import measures
from expectations.measures import features, pages
from lakehouse.catalog import PAGES, PROFILE_FEATURES
from tests.expectations.conftest import PROFILE_FEATURE, SHELF

if TYPE_CHECKING:
    from tests.conftest import Rows


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=5), max_size=6))
def test_repeats_are_those_of_a_plain_count(lists: list[list[str]]) -> None:
    column = pa.array(lists, pa.list_(pa.string()))
    found = measures.repeated(column.flatten(), measures.parents(column), len(lists))
    assert found.tolist() == [sum(Counter(words).values()) - len(set(words)) for words in lists]


def test_shares_of_a_slice_are_its_own(rows: Rows) -> None:
    """Arrow's map keeps the entries of the whole: the second row must not be given the first's."""
    whole = rows(
        PROFILE_FEATURES,
        PROFILE_FEATURE | {"genre_affinities": [("Comedy", 0.5), ("Drama", 0.5)]},
        PROFILE_FEATURE | {"genre_affinities": [("Comedy", 0.25)]},
        PROFILE_FEATURE | {"genre_affinities": []},  # never watched: nothing to add up
    )
    assert features.affinities(whole.slice(1))["shares_off"].to_pylist() == [0.75, 0.0]


def test_pages_of_a_slice_are_their_own(rows: Rows) -> None:
    """The second page repeats t1 across two rows and shows one title nobody knows."""
    known = {"titles": pa.array(["t1", "t2"]), "sources": pa.array(["top_picks"])}
    slots = {"source_bits": [1, 1], "propensities": [1.0, 0.5]}
    shelf = SHELF | slots | {"title_ids": ["t1", "t2"]}
    odd = SHELF | slots | {"title_ids": ["t1", "t9"], "source": "genre:Comedy"}
    table = rows(
        PAGES,
        {"profile_id": "p1", "popular": False, "rows": [shelf]},
        {"profile_id": "p2", "popular": False, "rows": [shelf, odd]},
        {"profile_id": "", "popular": False, "rows": []},  # nobody's page is a popular one
    )
    for part, of in ((table, slice(0, 3)), (table.slice(1), slice(1, 3))):
        found = {k: v.to_pylist() for k, v in pages.pages(part.combine_chunks(), known).items()}
        assert found == {
            "rows_on_page": [1, 2, 0][of], "empty_rows": [0, 0, 0][of],
            "titles_on_page": [2, 4, 0][of], "repeated_titles": [0, 1, 0][of],
            "no_such_titles": [0, 1, 0][of], "unplayable_titles": [0, 0, 0][of], "slots_apart": [0, 0, 0][of],
            "not_a_source": [0, 0, 0][of], "lowest_propensity": [0.5, 0.5, None][of],
            "highest_propensity": [1.0, 1.0, None][of], "for_nobody": [0, 0, 1][of],
        }  # fmt: skip


def test_a_null_in_a_list_is_a_fault_not_a_hole() -> None:
    """A propensity or a number of a vector that is null must not look like none at all."""
    column = pa.array([[0.6, None]], pa.list_(pa.float32()))
    rows = pa.table({"title_id": ["t1"], "vector": column})
    assert features.vectors(rows, {"titles": pa.array(["t1"])})["vector_length"].to_pylist() == [-1]
