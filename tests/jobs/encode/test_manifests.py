"""Each rule of HLS and DASH is broken once, and the check says which."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from jobs.encode.hls_rules import playlists
from jobs.encode.manifests import PackageBroken, check
from jobs.encode.playlists import master_tags
from jobs.encode.rules import as_long, odd_segment
from tests.jobs.encode.made_package import KEYS, OTHER_KEYS, SECONDS, copy_of, packaged, streams

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Spoil = Callable[[Path], object]


def changed(name: str, pattern: str, value: str, count: int = 1) -> Spoil:
    """Change a manifest where a pattern is found."""

    def spoil(folder: Path) -> None:
        text = (folder / name).read_text()
        spoilt, found = re.subn(pattern, value, text, count=count, flags=re.MULTILINE)
        assert found
        (folder / name).write_text(spoilt)

    return spoil


def together(folder: Path) -> None:
    """Put the first two tracks of sound into one adaptation set, one of them as surround."""
    changed(MPD, '(="audio"[^~]*?)</AdaptationSet>\\s*<AdaptationSet[^>]*>', "\\1")(folder)
    changed(MPD, "(configuration:2011. value=.)2", "\\g<1>6")(folder)


MASTER, MPD = "master.m3u8", "manifest.mpd"
VIDEO, SOUND, TEXT = "h264-90p/index.m3u8", "audio-en/index.m3u8", "captions-en/index.m3u8"
BROKEN: dict[str, tuple[Spoil, str]] = {
    "segment gone": (lambda f: (f / "h264-90p/00002.m4s").unlink(), "h264-90p/00002.m4s cannot be opened"),
    "sheet gone": (lambda f: (f / "thumbnails/00001.jpg").unlink(), "00001.jpg cannot be opened"),
    "text gone": (lambda f: (f / "captions-en/00003.vtt").unlink(), "00003.vtt cannot be opened"),
    "whole text gone": (lambda f: (f / "captions-en/whole.vtt").unlink(), "whole.vtt, which is not"),
    "cut text": (changed(MPD, "<BaseURL>captions-en/whole.vtt</BaseURL>",
                         '<SegmentTemplate duration="4" media="captions-en/$Number%05d$.vtt" />'), "cuts its text"),
    "init gone": (lambda f: (f / "audio-en/init.mp4").unlink(), "audio-en/init.mp4"),
    "orphan": (lambda f: (f / "audio-en/00009.m4s").touch(), "no manifest names"),
    "one manifest": (lambda f: (f / MPD).unlink(), "manifest.mpd cannot be opened"),
    "no master": (lambda f: (f / MASTER).write_text("hello"), "cannot be read"),
    "no variant": (changed(MASTER, "^#EXT-X-STREAM-INF.*\n.*\n", "", 9), "has no variant"),
    "peak": (changed(MASTER, "INF:BANDWIDTH=[0-9]+", "INF:BANDWIDTH=1000"), "states 1000"),
    "mean": (changed(MASTER, "AVERAGE-BANDWIDTH=[0-9]+", "AVERAGE-BANDWIDTH=9"), "on average"),
    "iframe peak": (changed(MASTER, "FRAME-STREAM-INF:BANDWIDTH=[0-9]+",
                            "FRAME-STREAM-INF:BANDWIDTH=7"), "iframes.m3u8 needs"),
    "sheet peak": (changed(MASTER, "IMAGE-STREAM-INF:BANDWIDTH=[0-9]+",
                           "IMAGE-STREAM-INF:BANDWIDTH=7"), "thumbnails/index.m3u8 needs"),
    "sheet size": (changed(MASTER, "RESOLUTION=160x90,URI=.thumb", 'RESOLUTION=800x90,URI="thumb'),
                   "thumbnails/index.m3u8 has no tiles of 800x90"),
    "codecs": (changed(MASTER, 'CODECS="[^"]*",', ""), "does not say CODECS"),
    "group": (changed(MASTER, 'AUDIO="audio-aac"', 'AUDIO="other"'), "group other"),
    "names": (changed(MASTER, "English .audio description.", "English"), "have one name"),
    "defaults": (changed(MASTER, "DEFAULT=NO", "DEFAULT=YES"), "more than one default"),
    "members": (changed(MASTER, "^(#EXT-X-MEDIA.*)audio-aac(.*DEFAULT=YES.*)$",
                        "\\g<0>\n\\1audio-opus\\2"), "do not tell of one 'English .audio descr"),
    "other members": (changed(MASTER, "^(#EXT-X-MEDIA.*audio-)aac(.*)LANGUAGE=.en.(.*)$",
                              "\\g<0>\n\\1opus\\2LANGUAGE=\"de\"\\3", 2), "do not tell of one 'English'"),
    "unlisted": (changed(MASTER, "^#EXT-X-MEDIA:TYPE=SUB.*\n", ""), "names the group subtitles"),
    "unlisted iframes": (changed(MASTER, "^#EXT-X-I-FRAME.*\n", ""), "does not list"),
    "outside": (changed(MASTER, 'URI="audio-en/', 'URI="../spoilt/audio-en/'), "not in the package"),
    "target": (changed(VIDEO, "TARGETDURATION:5", "TARGETDURATION:3"), "longer than its target"),
    "length": (changed(VIDEO, "EXTINF:1.500", "EXTINF:3.500"), "lasts 11.500 s"),
    "dash segment": (changed(MPD, '<S t="0" d="49152" r="1" ?/>\\s*<S t="98304" d="18432" ?/>',
                             '<S t="0" d="18432"/><S t="18432" d="49152" r="1"/>'), "segment of 1.500 s"),
    "end": (changed(VIDEO, "#EXT-X-ENDLIST", ""), "that it is complete"),
    "kind": (changed(VIDEO, "TYPE:VOD", "TYPE:EVENT"), "that it is complete"),
    "version": (changed(VIDEO, "VERSION:6", "VERSION:3"), "came with version 6"),
    "map": (changed(VIDEO, "^#EXT-X-MAP.*\n", ""), "no initialization segment"),
    "no key": (changed(VIDEO, "^#EXT-X-KEY.*\n", "", 9), "names no keys"),
    "identity": (changed(VIDEO, ',KEYFORMAT="com.apple[^"]*"', ""), "players would fetch"),
    "fairplay": (changed(VIDEO, "METHOD=SAMPLE-AES", "METHOD=SAMPLE-AES-CTR", 9), "FairPlay"),
    "range": (changed("h264-90p/iframes.m3u8", "BYTERANGE:[0-9]+", "BYTERANGE:999999"),
              "cannot be read|beyond the end|needs"),
    "short text": (changed(TEXT, "^#EXTINF:1.500,\n.*\n", ""), "lasts 8.000 s"),
    "no xml": (changed(MPD, "<Period", "<Perio"), "cannot be read"),
    "doctype": (changed(MPD, "<MPD", "<!DOCTYPE MPD><MPD"), "document type"),
    "dynamic": (changed(MPD, 'type="static"', 'type="dynamic"'), "is not static"),
    "profile": (changed(MPD, "isoff-live:2011", "full:2011"), "its profile"),
    "buffer": (changed(MPD, 'minBufferTime="PT2S" ', ""), "minBufferTime"),
    "total": (changed(MPD, "PT9.5S", "PT8.5S"), "manifest lasts 8.500 s"),
    "no total": (changed(MPD, 'mediaPresentationDuration="[^"]*"', ""), "cannot be read"),
    "ids": (changed(MPD, 'AdaptationSet id="1"', 'AdaptationSet id="0"'), "share an id"),
    "unaligned": (changed(MPD, 'segmentAlignment="true" par', 'par'), "promise aligned"),
    "layouts": (together, "mixes layouts of speakers"),
    "gap": (changed(MPD, 't="98304"', 't="98305"'), "has a gap"),
    "late": (changed(MPD, '<S t="0"', '<S t="9"'), "has a gap"),
    "dash length": (changed(MPD, 'd="18432"', 'd="38432"'), "h264-90p lasts"),
    "dash codec": (changed(MPD, ' codecs="mp4a.40.2"', ""), "its codec"),
    "dash rate": (changed(MPD, 'bandwidth="[0-9]+" codecs', 'bandwidth="9" codecs'), "states 9"),
    "dash file": (changed(MPD, "audio-en/[$]Number", "audio-fr/$Number"), "which is not there"),
    "other bytes": (changed(MPD, 'media="audio-en-ad', 'media="audio-en'), "only one of HLS and DASH"),
    "key id": (changed(MPD, 'default_KID="0000', 'default_KID="1000'), "key of its label"),
    "no scheme": (changed(MPD, "mpeg:dash:mp4protection", "mpeg:dash:other"), "how it is protected"),
    "pssh": (changed(MPD, "<cenc:pssh>....", "<cenc:pssh>****"), "not base64"),
    "pssh cut": (changed(MPD, "<cenc:pssh>[^<]*", "<cenc:pssh>AAAA"), "no pssh box"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_a_rule_does_not_ship(name: str, tmp_path: Path) -> None:
    spoil, why = BROKEN[name]
    folder = copy_of(packaged("cbcs"), tmp_path)
    spoil(folder)
    with pytest.raises(PackageBroken) as refused:
        check(folder, streams(), SECONDS, KEYS)
    assert re.search(why, str(refused.value)), refused.value


@pytest.mark.parametrize("protect", ["none", "cbcs", "cenc"])
def test_what_was_packaged_is_whole(protect: str) -> None:
    keys = None if protect == "none" else KEYS
    facts = check(packaged(protect).path, streams(), SECONDS, keys)
    assert facts["segments"] == 5 * 3 + 2  # of text and sheets one each
    assert facts["codecs"]["h264-90p"].startswith("avc1.")
    assert facts["bandwidths"]["h264-180p"] > facts["bandwidths"]["h264-90p"]


def test_another_ring_or_none_is_noticed() -> None:
    with pytest.raises(PackageBroken, match="not under the key of its label"):
        check(packaged("cbcs").path, streams(), SECONDS, OTHER_KEYS)
    with pytest.raises(PackageBroken, match="names keys where nothing is protected"):
        check(packaged("cbcs").path, streams(), SECONDS, None)
    with pytest.raises(PackageBroken, match="names no keys"):
        check(packaged("none").path, streams(), SECONDS, KEYS)


def test_the_headers_are_of_the_keys_of_the_ring(tmp_path: Path) -> None:
    """A header of another title's keys would have players ask for a licence that opens nothing."""
    folder = copy_of(packaged("cbcs"), tmp_path)
    pssh = re.findall("<cenc:pssh>([^<]+)", (folder / MPD).read_text())
    widevine = min(pssh, key=len)
    forged = widevine[:48] + re.sub("[^=]", "A", widevine[48:])
    changed(MPD, re.escape(widevine), forged, 9)(folder)
    with pytest.raises(PackageBroken, match="names none of the keys"):
        check(folder, streams(), SECONDS, KEYS)


def test_a_title_of_another_length_is_noticed() -> None:
    with pytest.raises(PackageBroken, match="where the title lasts 12"):
        check(packaged("none").path, streams(), 12.0, None)


def test_rounded_durations_of_a_film_may_add_up_to_a_little_less() -> None:
    """A segment of 59.94 frames/s lasts 4.0040 s, one of sound 4.0106 or 3.9893: at 1,800 segments
    up to 0.9 s of roundings, which a fixed tolerance would refuse."""
    lasts = 4.01066
    stated = sum(round(lasts, 3) for _ in range(1800))
    assert not as_long("audio", stated, 1800 * lasts)
    assert as_long("audio", stated, 1800 * lasts, 1800)
    assert not as_long("audio", stated - 4, 1800 * lasts, 1800)  # one segment less


def test_a_playlist_that_begins_with_a_short_segment_is_noticed(tmp_path: Path) -> None:
    folder = copy_of(packaged("cbcs"), tmp_path)
    for before, after in (("1.500", "4.000"), ("4.000", "1.500")):
        changed(VIDEO, f"EXTINF:{before}", f"EXTINF:{after}")(folder)
    tags = master_tags((folder / MASTER).read_text())
    assert list(playlists(folder, streams(), tags, SECONDS, KEYS)) == [
        f"{VIDEO} has a segment of 1.500 s, which is not of 2 to 10 s"
    ]


def test_segments_are_of_two_to_ten_seconds_but_for_the_last() -> None:
    """A master of .1 frames a second had segments of 20 s, which nothing noticed."""
    assert odd_segment([4.004, 4.004, 0.1]) == ""
    assert odd_segment([1.5]) == ""  # a title of one segment
    assert odd_segment([20.0, 20.0]).startswith("has a segment of 20.000 s")
    # of .2 frames a second, two in 10 s: AAC is cut at its own frames, and the title was refused at its end
    assert odd_segment([10.005, 9.984, 10.005]) == ""
    assert odd_segment([4.0, 11.0]).startswith("has a segment of 11.000 s")
    assert odd_segment([4.0, 1.9, 4.0]).startswith("has a segment of 1.900 s")
