"""Check that anyone's file is read as it stands, or refused in one sentence that says what to do."""

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.evaluate.interactions import Interactions, together
from jobs.evaluate.read import BadInteractions, ColumnNames, read_interactions

NAMES = ColumnNames("profile_id", "title_id", "time")
HEADER = "profile_id,title_id,time\n"
AT = 881_250_949.0  # 1997-12-04 15:55:49, the first row of MovieLens-100k


@pytest.fixture
def file(tmp_path):
    """`file("name.csv", content)`: a file of text, bytes or a table."""

    def write(name, content):
        path = tmp_path / name
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def said(rows):
    """Profile, title and time of each row, in words."""
    return [
        (rows.profile_ids[profile], rows.title_ids[title], time)
        for profile, title, time in zip(rows.profiles, rows.titles, rows.times, strict=True)
    ]


class TestText:
    def test_rows_keep_their_order_and_ids_their_zeros(self, file):
        # 007 and 7 are two profiles: ids are text, whatever they look like
        rows = read_interactions(file("a.csv", HEADER + "7,20,2\n007,3,1\n7,3,3\n"), NAMES)
        assert said(rows) == [("7", "20", 2), ("007", "3", 1), ("7", "3", 3)]
        assert rows.profile_ids == ["007", "7"]

    @pytest.mark.parametrize(("name", "separator"), [("a.tsv", "\t"), ("a.csv", ";"), ("a", "|")])
    def test_the_separator_is_seen_in_the_header(self, file, name, separator):
        # the title with a comma stands in more rows than not, and is no separator all the same
        text = HEADER.replace(",", separator) + separator.join(
            ["p", "Good, the Bad, the Ugly", "1"]
        )
        assert said(read_interactions(file(name, text), NAMES)) == [
            ("p", "Good, the Bad, the Ugly", 1)
        ]

    def test_quotes_byte_order_mark_and_line_ends_of_windows(self, file):
        text = '\ufeff"profile_id","title_id","time"\r\np,"a, b",1\r\np,"say ""x""",2\r\n'
        rows = read_interactions(file("a.csv", text), NAMES)
        assert said(rows) == [("p", "a, b", 1), ("p", 'say "x"', 2)]

    def test_a_nameless_first_column_of_row_numbers_is_let_be(self, file):
        rows = read_interactions(file("a.csv", "," + HEADER + "0,p,t,1\n"), NAMES)
        assert said(rows) == [("p", "t", 1)]

    def test_without_a_column_of_times_all_are_at_zero(self, file):
        rows = read_interactions(
            file("a.csv", "profile_id,title_id\np,t\n"), ColumnNames("profile_id", "title_id", "")
        )
        assert said(rows) == [("p", "t", 0)]
        assert rows.timeless

    def test_a_row_without_a_rating_has_none(self, file):
        names = ColumnNames("profile_id", "title_id", "time", "stars")
        text = "profile_id,title_id,time,stars\np,a,1,5\np,b,2,\np,c,3,good\np,d,4,1.5\n"
        rows = read_interactions(file("a.csv", text), names)
        assert np.array_equal(rows.ratings, [5, np.nan, np.nan, 1.5], equal_nan=True)
        assert rows.scale == (1.5, 5.0)


@pytest.mark.parametrize(
    "text",
    [
        "881250949", "881250949.0", "881250949000", "881250949000000", "881250949000000000",
        "1997-12-04T15:55:49Z", "1997-12-04 15:55:49", "1997-12-04T17:55:49+02:00",
    ],
)  # fmt: skip
def test_a_time_is_read_in_any_unit_or_as_a_date(file, text):
    # a time without a zone is UTC; seconds, milliseconds, micro- and nanoseconds go by their size
    assert said(read_interactions(file("a.csv", f"{HEADER}p,t,{text}\n"), NAMES)) == [
        ("p", "t", AT)
    ]


def test_rows_that_say_nothing_are_counted_and_left_out(file):
    # no profile, blank title, no time, a word, infinity, the year 10 ** 300: one good row is left
    bad = ",t,1\np, ,1\np,t,\np,t,soon\np,t,inf\np,t,1e308\n"
    rows = read_interactions(file("a.csv", HEADER + bad + "p,t,1\n"), NAMES)
    assert said(rows) == [("p", "t", 1)]
    assert rows.left_out == 6


class TestParquet:
    def test_whole_numbers_are_ids_too(self, file):
        table = pa.table({"profile_id": [10, 9], "title_id": [5, 6], "time": [3, 4]})
        assert said(read_interactions(file("a.parquet", table), NAMES)) == [
            ("10", "5", 3),
            ("9", "6", 4),
        ]

    @pytest.mark.parametrize(
        "times",
        [
            pa.array([datetime(1997, 12, 4, 15, 55, 49)], pa.timestamp("us")),
            pa.array([datetime(1997, 12, 4, 15, 55, 49, tzinfo=UTC)], pa.timestamp("ns", "UTC")),
            pa.array([881_250_949_000], pa.int64()),
        ],
    )
    def test_typed_times_are_the_same_times(self, file, times):
        table = pa.table({"profile_id": ["p"], "title_id": ["t"], "time": times})
        assert said(read_interactions(file("a.parquet", table), NAMES)) == [("p", "t", AT)]

    def test_a_date_is_its_midnight_and_a_null_is_left_out(self, file):
        days = pa.array([date(1970, 1, 2), date(1970, 1, 3), None])
        table = pa.table({"profile_id": ["p", None, "p"], "title_id": ["t"] * 3, "time": days})
        rows = read_interactions(file("a.parquet", table), NAMES)
        assert said(rows) == [("p", "t", 86_400)]
        assert rows.left_out == 2


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", "", "it is empty"),
        ("a.csv", HEADER, "it has no rows"),
        ("a.csv", HEADER + "p,t,soon\n", "no row has a profile, a title and a readable time"),
        ("a.csv", "user,item,ts\np,t,1\n", r"'profile_id'.*\(user, item, ts\)"),
        ("a.csv", "Profile_ID,title_id,time\np,t,1\n", "no column 'profile_id'"),
        ("a.csv", "profile_id,profile_id,time\n", "two columns are called 'profile_id'"),
        ("a.csv", HEADER + "p,t,1\np,t\n", "line 3 has 2 columns and the header 3"),
        ("a.csv", HEADER + "p,t,1\np,t,1,1\n", "line 3 has 4 columns and the header 3"),
        ("a.csv", HEADER + 'p,t,1\np,"t,1\n', "line 3 begins a quote"),
        ("a.csv", b"p,t\xff\n", "it is not text in UTF-8"),
        # the header's block is read before anything else: what breaks must lie behind it
        ("a.csv", (HEADER + "p,t,1\n" * 9000).encode() + b"p,Am\xe9lie,1\n", "line 9002 is not text"),
        ("a.parquet", HEADER, "it is not a Parquet file"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_in_one_sentence(file, name, content, sentence):
    path = file(name, content)
    with pytest.raises(BadInteractions, match=sentence) as refused:
        read_interactions(path, NAMES)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadInteractions, match="it is not there: check the path"):
        read_interactions(tmp_path / "a.csv", NAMES)


def test_two_files_come_under_one_code_and_one_scale():
    # "b" is the second profile of both and the first of the test file alone
    train = Interactions.of(["a", "b"], ["x", "y"], [1, 2], np.array([1.0, 4.0]))
    test = Interactions.of(["b", "c"], ["y", "w"], [3, 4], np.array([2.0, 5.0]))
    one, other = together(train, test)
    assert said(one) == said(train)
    assert said(other) == said(test)
    assert one.profile_ids == other.profile_ids == ["a", "b", "c"]
    assert one.title_ids == other.title_ids == ["w", "x", "y"]
    assert one.scale == other.scale == (1.0, 5.0)


def test_one_file_without_ratings_leaves_both_without():
    train = Interactions.of(["a"], ["x"], [1], np.array([1.0]))
    one, other = together(train, Interactions.of(["a"], ["y"], [2]))
    assert one.scale is None
    assert other.scale is None
