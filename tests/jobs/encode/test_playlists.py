"""Playlists are read as RFC 8216 writes them, and rates are measured as it defines them."""

from __future__ import annotations

import pytest

from jobs.encode.playlists import (
    Piece,
    attributes,
    master_tags,
    mean_bps,
    media_playlist,
    peak_bps,
    with_all_members,
)


def test_attributes_may_hold_commas_in_quotes() -> None:
    said = 'BANDWIDTH=1,CODECS="avc1,mp4a",NAME="a=b",DEFAULT=YES'
    assert attributes(said) == {
        "BANDWIDTH": "1", "CODECS": "avc1,mp4a", "NAME": "a=b", "DEFAULT": "YES",
    }  # fmt: skip


def test_a_variant_has_its_address_on_the_next_line() -> None:
    tags = master_tags('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\n\nv/i.m3u8\n#EXT-X-MEDIA:URI="a"\n')
    assert [(tag.name, tag.uri) for tag in tags] == [
        ("EXT-X-STREAM-INF", "v/i.m3u8"), ("EXT-X-MEDIA", "a"),
    ]  # fmt: skip
    assert tags[0].number("BANDWIDTH") == 9


@pytest.mark.parametrize("text", ["", "hello", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\n#EXTINF"])
def test_what_is_no_master_playlist(text: str) -> None:
    with pytest.raises(ValueError, match=r"it does not begin|no address"):
        master_tags(text)


def test_pieces_have_durations_and_byte_ranges() -> None:
    playlist = media_playlist(
        '#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI="i.mp4"\n'
        "#EXTINF:4.0,\n#EXT-X-BYTERANGE:10@96\n1.m4s\n#EXTINF:2.5,name\n2.m4s\n#EXT-X-ENDLIST\n"
    )
    assert playlist.pieces == [Piece("1.m4s", 4.0, 10, 96), Piece("2.m4s", 2.5)]
    assert (playlist.version, playlist.target, playlist.map_uri) == (6, 4, "i.mp4")
    assert playlist.seconds == 6.5


def test_a_piece_needs_its_duration() -> None:
    with pytest.raises(ValueError, match=r"2\.m4s has no EXTINF"):
        media_playlist("#EXTM3U\n#EXTINF:4,\n1.m4s\n2.m4s\n")


def test_the_peak_is_over_runs_of_half_to_one_and_a_half_targets() -> None:
    # 100 B in 4 s = 200 b/s; 100 B in 1 s is too short to count alone, with the one before it
    # 200 B in 5 s = 320 b/s
    assert peak_bps([100, 100], [4.0, 1.0], 4) == 320
    assert mean_bps([100, 100], [4.0, 1.0]) == 320
    # a run of 12 s is longer than 1.5 targets: the peak is that of the middle one
    assert peak_bps([10, 100, 10], [4.0, 4.0, 4.0], 4) == 200


def test_a_run_of_more_than_one_and_a_half_targets_does_not_count() -> None:
    # 1,000 B in 7 s would be 1,143 b/s; what is left is 10 B in 4 s
    assert peak_bps([1000, 10], [7.0, 4.0], 4) == 20


def test_a_title_shorter_than_half_a_target_has_its_mean_as_peak() -> None:
    assert peak_bps([100], [1.0], 4) == 800
    assert peak_bps([], [], 4) == 0


def test_rates_are_rounded_up() -> None:
    """A stated rate must not be below the measured one."""
    assert mean_bps([1], [3.0]) == 3  # 2.67
    assert peak_bps([1], [3.0], 3) == 3


def test_a_group_of_surround_has_the_tracks_that_are_stereo_too() -> None:
    """RFC 8216, section 4.3.4.1.1: each group of sound has the same members."""
    media = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{}",NAME="{}",URI="{}"\n'
    told = [("aac", "A", "a"), ("aac", "B", "b"), ("aac-surround", "A", "a6"), ("opus", "A", "o")]
    told += [("opus", "B", "p"), ("opus-surround", "A", "o6")]
    text = "".join(media.format(*one) for one in told)
    tags = master_tags(f'#EXTM3U\n#EXT-X-STREAM-INF:AUDIO="aac"\nv\n{text}')
    *sound, variant = with_all_members(tags)
    found = {(t.attributes["GROUP-ID"], t.attributes["NAME"], t.uri) for t in sound}
    # AAC is filled up from AAC and Opus from Opus, or a variant would not tell all its codecs
    assert found == {*told, ("aac-surround", "B", "b"), ("opus-surround", "B", "p")}
    assert variant.uri == "v"
