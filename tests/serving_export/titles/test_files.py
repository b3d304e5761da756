"""A path finds its file or nothing, and a request gets the bytes that it asks for."""

from __future__ import annotations

import json
import os
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_export.titles.files import cache_headers, file_reply, inside, segments
from serving_export.titles.ranges import wanted
from serving_export.titles.refusals import NotServed

ESCAPES = [
    "/../secret", "/a/../../secret", "/%2e%2e/secret", "/a/%2e%2e/%2E%2e/secret", "/..%2fsecret",
    "/..%5csecret", "/a%00.m4s", "/%00", "/.hidden", "/a/.hidden", "//etc/passwd", "/%2fetc%2fpasswd",
    "/%ff%fe", "/./a", "", "/", "/a/", "/a//b",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package, with a secret beside it."""
    package = tmp_path / "package"
    (package / "a").mkdir(parents=True)
    (package / "a" / "b").write_text("shown")
    (package / ".hidden").write_text("secret")
    (tmp_path / "secret").write_text("secret")
    return package


@pytest.mark.parametrize("path", ESCAPES)
def test_no_spelling_of_a_path_leaves_the_folder(folder: Path, path: str) -> None:
    with pytest.raises(NotServed):
        inside(folder, segments(path))


@given(st.text(st.sampled_from("ab./%25efc\0\\é~ "), max_size=30))
def test_whatever_is_found_lies_inside(path: str) -> None:
    here = Path(__file__).parent
    try:
        found = inside(here, segments("/" + path))
    except NotServed:
        return
    assert found.is_relative_to(here.resolve())


def test_a_name_is_decoded_once(folder: Path) -> None:
    (folder / "%2e%2e").write_text("a name like others")

    assert inside(folder, segments("/a/b?x=../..")).read_text() == "shown"
    assert segments("/%252e%252e") == ["%2e%2e"]


def test_links_count_by_where_they_lead(folder: Path) -> None:
    (folder / "out").symlink_to(folder.parent / "secret")
    (folder / "up").symlink_to(folder.parent)
    (folder / "in").symlink_to(folder / "a" / "b")
    (folder / "round").symlink_to(folder / "round")
    os.mkfifo(folder / "pipe")

    assert inside(folder, ["in"]).read_text() == "shown"
    for names in (["out"], ["up", "secret"], ["round"], ["pipe"], ["a"], ["x" * 5000], []):
        with pytest.raises(NotServed):
            inside(folder, names)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("bytes=0-0", range(1)), ("bytes=2-3", range(2, 4)), ("bytes=7-", range(7, 10)),
        ("bytes=-3", range(7, 10)), ("bytes=-99", range(10)), ("bytes=8-99", range(8, 10)),
        ("bytes=10-", range(0)), ("bytes=-0", range(0)), ("bytes=3-2", None), ("bytes=-", None),
        ("bytes=0-1,4-5", None), ("bits=0-1", None), ("bytes=a-b", None), ("bytes=٣-", None), ("", None),
        ("bytes=" + "9" * 400 + "-", None),
    ],
)  # fmt: skip
def test_ranges_are_read_as_rfc_9110_says(said: str, expected: range | None) -> None:
    actual = wanted({"range": said}, 10, '"tag"')

    assert (actual is None) == (expected is None)
    assert list(actual or ()) == list(expected or ())


@given(st.text(st.sampled_from("bytes=0123456789-, "), max_size=20), st.integers(0, 12))
def test_a_range_never_leaves_the_file(said: str, size: int) -> None:
    part = wanted({"range": said}, size, '"tag"')

    assert part is None or set(part) <= set(range(size))


def test_a_range_of_an_older_file_is_not_mixed_with_this_one() -> None:
    assert wanted({"range": "bytes=0-1", "if-range": '"other"'}, 10, '"tag"') is None


def test_replies_carry_what_the_request_asks_for(folder: Path) -> None:
    file = folder / "a" / "b"
    whole = file_reply(file, {}, {"Cache-Control": "public, immutable"})
    tag = whole.headers["ETag"]
    part = file_reply(file, {"range": "bytes=1-2"}, {})
    known = file_reply(file, {"if-none-match": f'"x", W/{tag}'}, {})
    past = file_reply(file, {"range": "bytes=5-"}, {})

    assert (whole.status, whole.length) == (HTTPStatus.OK, 5)
    assert whole.headers["Cache-Control"] == "public, immutable"
    assert (part.status, part.length) == (HTTPStatus.PARTIAL_CONTENT, 2)
    assert part.headers["Content-Range"] == "bytes 1-2/5"
    assert (known.status, known.length) == (HTTPStatus.NOT_MODIFIED, 0)
    assert (past.status, past.headers["Content-Range"]) == (416, "bytes */5")
    for reply in (whole, part):
        assert reply.file
        reply.file.close()


class Erased(type(Path())):  # type: ignore[misc]
    """A file whose name goes as soon as it was opened, as where its title is erased."""

    def open(self, *words: Any, **named: Any) -> Any:
        opened = super().open(*words, **named)
        self.unlink()
        return opened


def test_a_file_that_is_erased_while_it_is_opened_is_answered_and_closed(folder: Path) -> None:
    """It was a 500, and the file stayed open."""
    reply = file_reply(Erased(folder / "a" / "b"), {"range": "bytes=1-2"}, {})
    assert (reply.status, reply.length) == (HTTPStatus.PARTIAL_CONTENT, 2)
    assert reply.file
    reply.file.close()


def test_the_first_pattern_that_fits_says_how_long_a_file_is_kept(tmp_path: Path) -> None:
    rules = {
        "*.m4s": {"Cache-Control": "immutable", "X-Other": "1"},
        "*": {"Cache-Control": "short"},
    }
    (tmp_path / "headers.json").write_text(json.dumps(rules))

    assert cache_headers(tmp_path, "h264/0001.m4s") == {"Cache-Control": "immutable"}
    assert cache_headers(tmp_path, "manifest.mpd") == {"Cache-Control": "short"}
    assert cache_headers(tmp_path / "none", "manifest.mpd") == {}
