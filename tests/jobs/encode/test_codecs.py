"""Each codec is one declaration from which its words come."""

from __future__ import annotations

import re

import pytest

from jobs.encode.codecs import CODECS, keyframe_words, told
from jobs.encode.ladder.rungs import CAPS
from lakehouse import catalog


@pytest.mark.parametrize("name", CODECS)
def test_a_declaration_holds_together(name: str) -> None:
    codec = CODECS[name]
    assert codec.name == name
    assert codec.lowest_crf < min(codec.probe_crfs) < max(codec.probe_crfs) < codec.highest_crf
    assert [codec.crf(crf) for crf in codec.probe_crfs] == list(codec.probe_crfs)
    assert codec.crf(-5) == codec.lowest_crf
    assert codec.crf(99) == codec.highest_crf
    assert "{" not in " ".join(codec.words(30, 50, 1000))
    assert re.fullmatch("#[0-9a-f]{6}", codec.colour)
    assert codec.browser.startswith(codec.entries[0])  # what a page asks is what we write
    assert codec.tag in ("", codec.entries[0])


def test_orders_tables_and_devices_know_the_codecs_that_are_declared() -> None:
    assert tuple(CODECS) == catalog.CODECS
    assert set(CAPS) == set(CODECS)


def test_pages_can_tell_codecs_apart() -> None:
    shown = told()
    assert list(shown) == list(CODECS)
    for what in ("name", "colour"):
        assert len({one[what] for one in shown.values()}) == len(CODECS)
    entries = [entry for one in shown.values() for entry in one["entries"]]
    assert len(set(entries)) == len(entries)


def test_a_crf_is_rounded_to_what_the_encoder_takes() -> None:
    assert CODECS["h264"].crf(27.34) == 27.3
    assert CODECS["av1"].crf(27.34) == 27
    assert CODECS["av1"].words(27.34, 50)[-3:] == ["27", "-g", "50"]


def test_a_cap_has_a_buffer_of_two_seconds() -> None:
    words = CODECS["h264"].words(23, 48, 1234.2)
    assert words[words.index("-maxrate") :] == ["-maxrate", "1234k", "-bufsize", "2468k"]
    assert "-maxrate" not in CODECS["h264"].words(23, 48)


def test_a_rung_without_a_prediction_has_a_cap_that_binds_in_every_codec() -> None:
    """VP9 keeps to its CRF whatever that costs, which only a predicted rung may do."""
    for name, codec in CODECS.items():
        assert "1234k" in codec.binding().words(30, 50, 1234), name
    assert "1234k" not in CODECS["vp9"].words(30, 50, 1234)
    assert CODECS["h264"].binding() == CODECS["h264"]


def test_a_keyframe_is_ordered_just_before_its_frame() -> None:
    # at 24000/1001 frame 48 is shown at 2.002 s and frame 47 at 1.960 s
    assert keyframe_words([0, 48], 24000 / 1001) == ["-force_key_frames", "0.0000,1.9916"]
