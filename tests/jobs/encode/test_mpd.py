"""Manifests are read with what they inherit, and XML that could do harm is refused."""

from __future__ import annotations

import pytest

from jobs.encode import mpd

MANIFEST = b"""<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:cenc="urn:mpeg:cenc:2013"
  mediaPresentationDuration="PT1M9.5S"><Period><AdaptationSet contentType="video" codecs="avc1">
  <ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011"
    cenc:default_KID="AAAAAAAA-0000-0000-0000-000000000001"/>
  <Representation id="v" bandwidth="9"><SegmentTemplate timescale="10" startNumber="3"
    initialization="$RepresentationID$/i.mp4" media="$RepresentationID$/$Number%03d$.m4s">
    <SegmentTimeline><S d="40" r="1"/><S t="81" d="15"/></SegmentTimeline></SegmentTemplate>
  </Representation></AdaptationSet>
  <AdaptationSet mimeType="image/jpeg" contentType="image"><SegmentTemplate duration="20"
    media="t/$Number$.jpg"/><Representation id="t" bandwidth="1"/></AdaptationSet></Period></MPD>
"""


def test_a_representation_has_its_segments_and_its_key() -> None:
    video, sheets = mpd.representations(mpd.parsed(MANIFEST))
    assert video.media == ("v/003.m4s", "v/004.m4s", "v/005.m4s")
    assert (video.starts, video.durations) == ((0, 40, 81), (40, 40, 15))
    assert (video.initialization, video.codecs) == ("v/i.mp4", "avc1")
    assert video.key_id == "aaaaaaaa000000000000000000000001"
    assert sheets.media == ("t/1.jpg", "t/2.jpg", "t/3.jpg", "t/4.jpg")  # 69.5 s in steps of 20 s


HOSTILE = [
    b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a []><a/>'.encode("utf-16"),
    b"<!DOCTYPE a SYSTEM 'http://localhost/a.dtd'><a/>",
]


@pytest.mark.parametrize("content", HOSTILE)
def test_a_document_type_is_refused(content: bytes) -> None:
    """In any encoding: entities can grow without end and read files."""
    with pytest.raises(ValueError, match="declares a document type"):
        mpd.parsed(content)


@pytest.mark.parametrize("content", [b"", b"<a>", b"<a></b>", b"\xff\xfe", b"no xml"])
def test_what_is_no_xml_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match="it is no XML"):
        mpd.parsed(content)


def test_writing_and_reading_gives_the_same_bytes() -> None:
    written = mpd.written(mpd.parsed(MANIFEST))
    assert mpd.written(mpd.parsed(written)) == written
    assert b'xmlns:cenc="urn:mpeg:cenc:2013"' in written  # the prefixes that players know
    assert b"<MPD " in written


@pytest.mark.parametrize(
    ("said", "seconds"), [("PT9.5S", 9.5), ("PT1H2M3S", 3723.0), ("PT2M", 120.0)]
)
def test_durations(said: str, seconds: float) -> None:
    assert mpd.seconds_of(said) == seconds


def test_a_duration_in_days_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="is no duration"):
        mpd.seconds_of("P1DT1S")
