"""Check that tables hold the catalog's columns, whole rows, and counts that add up."""

import numpy as np
import pyarrow as pa

from jobs.recommend.candidates import Candidates
from jobs.recommend.pages import Pages
from jobs.recommend.policy import FILTERS, SOURCES
from jobs.recommend.tables import Counts, Labels, pages_table
from lakehouse.catalog import FILTER_COUNTS, PAGES, SOURCE_COUNTS
from lakehouse.writing import arrow_schema

POPULAR, NEW = (1 << SOURCES.index(name) for name in ("popular", "new"))


def schema(table):
    return arrow_schema(table).remove(arrow_schema(table).get_field_index("night"))


def two_pages():
    """A page of two rows, the second about genre 0 and shorter, and one of a row about title 1."""
    return Pages(
        sources=np.array([[0, 5], [1, -1]], np.int8),
        because_of=np.array([[-1, -1], [1, -1]], np.int32),
        genres=np.array([[-1, 0], [-1, -1]], np.int32),
        titles=np.array([[[0, 1], [2, -1]], [[2, 0], [-1, -1]]], np.int32),
        bits=np.array([[[POPULAR, NEW], [POPULAR | NEW, 0]], [[NEW, NEW], [0, 0]]], np.uint8),
        propensities=np.array([[[1, 0.5], [1, 0]], [[1, 1], [0, 0]]], np.float32),
        popular=np.array([False, True]),
    )


def test_pages_become_rows_of_the_catalog(catalogue):
    titles = catalogue("abc", genre_names=["War"], genres=np.ones((3, 1), bool))
    table = pages_table(two_pages(), ["p", "q"], ["", "NL"], Labels.of(titles))

    assert table.cast(schema(PAGES)).to_pylist() == [
        {
            "profile_id": "p", "region": "", "popular": False,
            "rows": [
                {"name": "Top picks for you", "source": "top_picks", "because_of": None,
                 "title_ids": ["a", "b"], "source_bits": [POPULAR, NEW], "propensities": [1, 0.5]},
                {"name": "War", "source": "genre:War", "because_of": None,
                 "title_ids": ["c"], "source_bits": [POPULAR | NEW], "propensities": [1]},
            ],
        },
        {
            "profile_id": "q", "region": "NL", "popular": True,
            "rows": [
                {"name": "Because you watched b", "source": "because_you_watched",
                 "because_of": "b", "title_ids": ["c", "a"], "source_bits": [NEW, NEW],
                 "propensities": [1, 1]},
            ],
        },
    ]  # fmt: skip


def test_no_pages_are_an_empty_table(catalogue):
    nothing = two_pages().take(np.zeros(0, np.int64))
    table = pages_table(nothing, [], [], Labels.of(catalogue("abc")))
    assert table.cast(schema(PAGES)).num_rows == 0


def test_counts_add_up_over_blocks(catalogue):
    counts = Counts()
    block = Candidates(
        np.array([[1, 2], [0, -1]], np.int32),
        np.array([[POPULAR, POPULAR | NEW], [NEW, 0]], np.uint8),
        np.array([5, 4, 4, 4, 4, 3]),
        np.array([1, 0, 0, 0, 1, 0]),
    )
    counts.add_candidates(block)
    counts.add_candidates(block)
    counts.add_pages(two_pages())

    filters = counts.filter_table(FILTERS).cast(schema(FILTER_COUNTS)).to_pylist()
    assert filters[0] == {"filter": "watched", "candidates": 10, "removed": 2}
    lines = counts.source_table().cast(schema(SOURCE_COUNTS)).to_pylist()
    by_source = {line.pop("source"): line for line in lines}
    assert by_source["popular"] == {"candidates": 4, "only_here": 2, "slots": 2}
    assert by_source["new"] == {"candidates": 4, "only_here": 2, "slots": 4}
    assert by_source["content"] == {"candidates": 0, "only_here": 0, "slots": 0}


def test_counts_of_blocks_add_up(catalogue):
    one, both = Counts(), Counts()
    one.add_pages(two_pages())
    both.add_pages(two_pages())
    both.add(one)
    assert both.pages == 4
    assert both.popular == 2
    assert both.slots.tolist() == (2 * one.slots).tolist()


def test_the_tables_need_no_other_columns():
    counts = Counts()
    for table, rows in (
        (FILTER_COUNTS, counts.filter_table(FILTERS)),
        (SOURCE_COUNTS, counts.source_table()),
    ):
        assert isinstance(rows, pa.Table)
        assert set(rows.column_names) == set(table.column_types) - {"night"}
