"""Each codec is one declaration from which its words come."""

from __future__ import annotations

import pytest

from jobs.encode.codecs import CODECS, keyframe_words


@pytest.mark.parametrize("name", CODECS)
def test_a_declaration_holds_together(name: str) -> None:
    codec = CODECS[name]
    assert codec.name == name
    assert codec.lowest_crf < min(codec.probe_crfs) < max(codec.probe_crfs) < codec.highest_crf
    assert [codec.crf(crf) for crf in codec.probe_crfs] == list(codec.probe_crfs)
    assert codec.crf(-5) == codec.lowest_crf
    assert codec.crf(99) == codec.highest_crf
    assert "{" not in " ".join(codec.words(30, 50, 1000))


def test_a_crf_is_rounded_to_what_the_encoder_takes() -> None:
    assert CODECS["h264"].crf(27.34) == 27.3
    assert CODECS["av1"].crf(27.34) == 27
    assert CODECS["av1"].words(27.34, 50)[-3:] == ["27", "-g", "50"]


def test_a_cap_has_a_buffer_of_two_seconds() -> None:
    words = CODECS["h264"].words(23, 48, 1234.2)
    assert words[words.index("-maxrate") :] == ["-maxrate", "1234k", "-bufsize", "2468k"]
    assert "-maxrate" not in CODECS["h264"].words(23, 48)


def test_a_keyframe_is_ordered_just_before_its_frame() -> None:
    # at 24000/1001 frame 48 is shown at 2.002 s and frame 47 at 1.960 s
    assert keyframe_words([0, 48], 24000 / 1001) == ["-force_key_frames", "0.0000,1.9916"]
