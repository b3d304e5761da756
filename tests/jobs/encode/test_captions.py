"""Captions from outside are read strictly, checked for people, and written without surprises."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode import captions
from jobs.encode.captions import (
    BadCaptions,
    Cue,
    MissingCaptions,
    checked,
    clean,
    padded,
    parsed,
    written,
)
from jobs.encode.workshop import Workshop

if TYPE_CHECKING:
    from pathlib import Path


def test_cues_with_names_settings_notes_and_styles() -> None:
    """Notes and styles are left out: a style may name another file."""
    text = (
        "\ufeffWEBVTT - by hand\nKind: captions\n\nNOTE\nnot shown\n\n"
        "STYLE\n::cue { background: url(http://localhost/x) }\n\n"
        "first\r\n00:01.000 --> 00:02.500 line:10% evil:1 align:start\r\nHello\r\n  world\r\n\r\n"
        "01:00:00.000 --> 01:00:01.000\nlate\n"
    )
    assert parsed(text.removeprefix("\ufeff")) == [
        Cue(1000, 2500, "Hello\nworld", ("line:10%", "align:start")),
        Cue(3_600_000, 3_601_000, "late"),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hello", "do not begin with WEBVTT"),
        ("WEBVTTX\n\n00:01.000 --> 00:02.000\na", "do not begin with WEBVTT"),
        ("WEBVTT\n\n00:01,000 --> 00:02,000\na", "line 3 has times that cannot be read"),
        ("WEBVTT\n\n00:01.000-->00:02.000\na", "line 3 has times that cannot be read"),
        ("WEBVTT\n\n00:61.000 --> 01:02.000\na", "line 3 has times that cannot be read"),
        ("WEBVTT\n\n00:02.000 --> 00:02.000\na", "line 3 ends before it begins"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n", "line 3 has no text"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n<c></c>", "line 3 has no text"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\na\n00:02.000 --> 00:03.000\nb", "no text of its own"),
        ("WEBVTT\n\nwords alone\nand more", "line 3 begins a cue without times"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\na\0b", "NUL"),
    ],
)
def test_what_is_no_webvtt_names_its_line(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        parsed(text)


def test_a_cue_right_below_the_header_is_not_lost() -> None:
    assert len(parsed("WEBVTT\n00:01.000 --> 00:02.000\na\n")) == 1
    with pytest.raises(ValueError, match="line 1 begins a cue without times"):
        parsed("WEBVTT\nKind: x\n00:01.000 --> 00:02.000\na\n")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
        ("<i>a</i> <v Ann>b</v> &amp; &nbsp;", "<i>a</i> <v Ann>b</v> &amp; &nbsp;"),
        ("<script>x()</script>", "&lt;script&gt;x()&lt;/script&gt;"),
        ("<img src=x onerror=y>", "&lt;img src=x onerror=y&gt;"),
        ('<i onclick="y">a</i>', '&lt;i onclick="y"&gt;a</i>'),
        ("<c.red>a</c> <00:00:01.000>b <lang en>c</lang>", "a b c"),
        ("<<c>script>", "&lt;script&gt;"),
        ("&lt;b&gt; &#60;b>", "&lt;b&gt; &amp;#60;b&gt;"),
    ],
)
def test_markup_that_is_not_of_webvtt_is_shown_and_does_nothing(said: str, shown: str) -> None:
    assert clean(said) == shown


PIECES = st.lists(
    st.sampled_from(
        [*"ab &;<>/\n", "<i>", "</i>", "<v x>", "&lt;", "<c>", "<script>", "-->", "lt;"]
    )
).map("".join)


@given(PIECES)
def test_clean_text_stays_and_holds_only_known_tags(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert set(re.findall("<[^>]*>", once)) <= {"<i>", "</i>", "<v x>"}


CUES = st.lists(
    st.tuples(st.integers(1, 5000), st.integers(1, 5000), PIECES.map(str.strip)), max_size=6
)


@given(CUES)
def test_what_is_written_reads_back_as_the_same_cues(said: list[tuple[int, int, str]]) -> None:
    at, cues = 0, []
    for gap, lasts, text in said:
        lines = [line.strip() for line in clean(text).split("\n") if line.strip()]
        cues.append(Cue(at + gap, at + gap + lasts, "\n".join(lines) or "x"))
        at += gap + lasts
    assert parsed(written(cues)) == cues


def cue(start: float, end: float, text: str = "word") -> Cue:
    return Cue(round(start * 1000), round(end * 1000), text)


@pytest.mark.parametrize(
    ("cues", "language", "why"),
    [
        ([], "en", "they hold no cue"),
        ([cue(0, 2), cue(1.9, 3)], "en", "the cue at 00:00:01.900 begins before"),
        ([cue(2, 3), cue(0, 1)], "en", "begins before the one above it ends"),
        ([cue(0, 1, "x" * 21)], "en", "21 characters a second where 20"),
        ([cue(0, 1, "字" * 8)], "ja-JP", "8 characters a second where 7"),
        ([cue(0, 1, "字" * 12)], "yue", "12 characters a second where 11"),
        ([cue(10, 11)], "en", "lies outside the 10.0 s"),
        ([cue(9, 10.6)], "en", "lies outside the 10.0 s"),
    ],
)
def test_captions_that_people_could_not_read(cues: list[Cue], language: str, why: str) -> None:
    with pytest.raises(BadCaptions, match=re.escape(why)):
        checked(cues, "a.vtt", language, 10.0)


def test_tags_and_escapes_are_not_read() -> None:
    fine = cue(0, 1, "<i>" + "x" * 19 + "</i>&amp;")
    assert checked([fine], "a.vtt", "en", 10.0) == [fine]


def test_a_last_cue_is_cut_with_the_picture_and_an_earlier_one_is_padded_to_it() -> None:
    """Text segments end with the last cue, and a player that finds none there may stall."""
    assert checked([cue(9, 10.4)], "a.vtt", "en", 10.0)[-1].end == 10_000
    assert padded([cue(9, 10)], 10.0) == [cue(9, 10)]
    assert padded([cue(1, 2)], 10.0) == [cue(1, 2), cue(9.999, 10, "&lrm;")]


def test_prepared_captions_are_padded_and_their_facts_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.vtt"
    file.write_text(
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<b>Ten chars!\n\n00:03.000 --> 00:05.000\nFour\n"
    )
    made = captions.prepare(Workshop(tmp_path / "work"), file, "en", 9.5)
    assert made.path.read_text() == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<b>Ten chars!\n\n"
        "00:00:03.000 --> 00:00:05.000\nFour\n\n00:00:09.499 --> 00:00:09.500\n&lrm;\n"
    )
    assert made.facts == {
        "cues": 2, "language": "en", "most_characters_a_second": 10.0, "first_second": 1.0,
        "last_second": 5.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"WEBVTT\n\n\xff", "they are not UTF-8"),
        (b"\x00" * (captions.MOST_BYTES + 1), "larger than 10 MB"),
        (b"GIF89a", "do not begin with WEBVTT"),
    ],
)
def test_files_that_are_no_captions(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "a.vtt"
    file.write_bytes(content)
    # by its language: a person does not know the hash under which the store keeps a file
    with pytest.raises(BadCaptions, match=f"The captions in en were refused.*{why}"):
        captions.prepare(Workshop(tmp_path / "work"), file, "en", 9.5)
    assert not list((tmp_path / "work").glob("captions*"))


def test_each_required_language_has_captions() -> None:
    captions.require_languages(["en", "de"], ["de", "en-GB", "fr"])
    with pytest.raises(MissingCaptions, match="Captions in de are required and no file was given"):
        captions.require_languages(["en", "de"], ["en", "den"])


@pytest.mark.parametrize(
    ("first", "last", "seconds", "told"),
    [
        (5, 3000, 5400, False),
        (5, 2000, 5400, True),  # they end before half of the title: a shorter cut, or a part
        (3000, 5000, 5400, True),
        (5, 20, 100, False),  # one sentence in a short clip
    ],
)
def test_captions_of_half_a_title_are_told(
    first: float, last: float, seconds: float, told: bool
) -> None:
    facts = {"language": "en", "first_second": first, "last_second": last}
    assert bool(captions.doubt(facts, seconds)) == told
