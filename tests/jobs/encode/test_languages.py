"""Languages are named as players expect it, however masters and people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.languages import SHAPE, numbered, shown, tag_of


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("eng", "en"), ("jpn", "ja"), ("ger", "de"), ("deu", "de"), ("fre", "fr"), ("chi", "zh"),
        ("en-us", "en-US"), ("pt_BR", "pt-BR"), ("zho-Hant", "zh-Hant"), ("yue", "yue"),
        ("iw", "he"), ("qaa", "qaa"), ("und", "und"),
    ],
)  # fmt: skip
def test_masters_say_iso_639_2_and_players_want_the_shortest_tag(said: str, tag: str) -> None:
    assert tag_of(said) == tag


@pytest.mark.parametrize(
    "said", ["English", "", "e", "xx", "../x", "x-private", '",=', "eu-qaa-Latn-001"]
)
def test_what_is_no_language_is_unknown_and_fails_nothing(said: str) -> None:
    # a packager would end at it after all encodes, so the shape is what both manifests take
    assert tag_of(said) == "und"
    assert SHAPE.fullmatch(tag_of(said))


WORDS = st.lists(st.sampled_from(["en", "zh", "Latn", "x", "u", "BR", "i", "1996", "001", "a", ""]))


@given(st.one_of(st.text(), st.builds("-".join, WORDS), st.builds("_".join, WORDS)))
def test_whatever_a_master_says_becomes_a_tag_that_stays_itself(said: str) -> None:
    tag = tag_of(said)
    assert SHAPE.fullmatch(tag)
    assert tag_of(tag) == tag


def test_menus_tell_regions_and_scripts_apart() -> None:
    assert shown("pt") == "Português"
    assert shown("pt-BR", ["captions"]) == "Português (BR; captions)"
    assert shown("zh-Hant") != shown("zh-Hans")
    assert shown("gsw") == "gsw"


def test_names_that_are_given_twice_are_numbered() -> None:
    # two renditions of one name are refused by HLS's rules, after all encodes
    assert numbered(["a", "b", "a", "a", "a 2"]) == ["a", "b", "a 2", "a 3", "a 2 2"]
