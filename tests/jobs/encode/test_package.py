"""A package holds what was encoded, signalled for every player, and no key shows anywhere."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.encode import boxes, mpd, tools
from jobs.encode.package import package
from jobs.encode.playlists import master_tags, media_playlist
from jobs.encode.protection import BadProtection
from jobs.encode.streams import BadStreams, Stream
from jobs.encode.workshop import Workshop
from serving_export.titles.layout import BadTitleId
from tests.jobs.encode.made_package import (
    KEYS,
    OTHER_KEYS,
    SECONDS,
    packaged,
    sound,
    streams,
    text,
    tiles,
    video,
)

FAIRPLAY = "com.apple.streamingkeydelivery"


def made_again(folder: Path, protect: str) -> str:
    keys = None if protect == "none" else KEYS
    return package(Workshop(folder), "bikes", streams(), SECONDS, protect, keys, tiles()).sha256


@pytest.mark.parametrize("protect", ["none", "cbcs", "cenc"])
def test_equal_input_gives_equal_bytes(tmp_path: Path, protect: str) -> None:
    """Through another folder and in another second: the packager would write the time."""
    first = packaged(protect)
    while int(time.time()) == int(first.path.stat().st_ctime):
        time.sleep(0.05)
    assert made_again(tmp_path / "a, $folder 'with' signs", protect) == first.sha256


def test_other_keys_and_other_titles_give_other_packages(tmp_path: Path) -> None:
    work = Workshop(tmp_path)
    rotated = package(work, "bikes", streams(), SECONDS, "cbcs", OTHER_KEYS, tiles())
    assert rotated.sha256 != packaged("cbcs").sha256
    assert rotated.facts["keys"] == {"version": 2, "ids": OTHER_KEYS.ids}


@pytest.mark.parametrize("protect", ["cbcs", "cenc"])
def test_each_label_has_its_key(protect: str) -> None:
    """An HD picture does not open with the key of SD, nor sound with either."""
    for stream in streams()[:5]:
        init = (packaged(protect).path / stream.name / "init.mp4").read_bytes()
        assert boxes.protected(init) == boxes.Protected(protect, KEYS.ids[stream.label])


def test_clear_packages_name_no_protection() -> None:
    init = (packaged("none").path / "h264-90p" / "init.mp4").read_bytes()
    assert boxes.protected(init) == boxes.Protected("", "")


def test_streams_of_one_key_have_different_vectors() -> None:
    """In counter mode two pictures under one key and one vector give away their difference."""
    firsts = set()
    for name in ("h264-90p", "h264-72p", "audio-en", "audio-en-ad"):
        segment = (packaged("cenc").path / name / "00001.m4s").read_bytes()
        vectors = segment.index(b"senc") + 12  # type, version and flags, count of samples
        firsts.add(segment[vectors : vectors + 8])
    assert len(firsts) == 4


def key_formats(protect: str, name: str) -> dict[str, str]:
    playlist = media_playlist((packaged(protect).path / name / "index.m3u8").read_text())
    return {key["KEYFORMAT"]: key["URI"] for key in playlist.keys}


def test_fairplay_is_told_the_key_of_each_stream_in_cbcs_only() -> None:
    """One address for all keys would leave a licence server guessing; CTR it cannot decrypt."""
    address = f"skd://marquee/bikes/{KEYS.ids['HD']}"
    assert key_formats("cbcs", "h264-180p")[FAIRPLAY] == address
    assert key_formats("cbcs", "audio-en")[FAIRPLAY].endswith(KEYS.ids["AUDIO"])
    assert len(key_formats("cbcs", "h264-90p")) == 3  # no identity format, which stops players
    assert FAIRPLAY not in key_formats("cenc", "h264-90p")


def test_sound_and_text_tell_whom_they_are_for() -> None:
    """In HLS and in DASH; a menu shows the name, assistive settings choose by the rest."""
    folder = packaged("cbcs").path
    tags = {tag.uri: tag.attributes for tag in master_tags((folder / "master.m3u8").read_text())}
    described, captions = tags["audio-en-ad/index.m3u8"], tags["captions-en/index.m3u8"]
    assert described["CHARACTERISTICS"] == "public.accessibility.describes-video"
    assert (described["NAME"], described["DEFAULT"]) == ("English (audio description)", "NO")
    assert "transcribes-spoken-dialog" in captions["CHARACTERISTICS"]
    assert captions["DEFAULT"] == "NO"  # nobody gets text who did not ask for it
    assert tags["audio-en/index.m3u8"]["DEFAULT"] == "YES"
    said = {}
    for group in mpd.read(folder / "manifest.mpd").iter(mpd.tag("AdaptationSet")):
        one = group.find(mpd.tag("Representation"))
        assert one is not None
        marks = [*group.iter(mpd.tag("Accessibility")), *group.iter(mpd.tag("Role"))]
        said[one.get("id")] = [mark.get("value") for mark in marks]
    assert said["audio-en-ad"] == ["1", "description"]
    assert said["captions-en"] == ["2", "caption"]
    assert said["audio-en"] == ["main"]


def test_text_lasts_as_long_as_the_picture() -> None:
    """The packager ends text with its last cue, here in the second of three segments."""
    playlist = media_playlist((packaged("cbcs").path / "captions-en" / "index.m3u8").read_text())
    assert [piece.seconds for piece in playlist.pieces] == [4.0, 4.0, 1.5]


def test_each_key_frame_is_in_the_iframe_playlist() -> None:
    """One every 2 s: without fragments of that length the packager lists one a segment."""
    playlist = media_playlist((packaged("cbcs").path / "h264-90p" / "iframes.m3u8").read_text())
    assert [piece.seconds for piece in playlist.pieces] == [2.0, 2.0, 2.0, 2.0, 1.5]


def test_segments_are_two_groups_whatever_the_rate(tmp_path: Path) -> None:
    """At 9/4 frames/s a group of four lasts 1.778 s; cut by 4 s, segments would be of two sizes."""
    file = tmp_path / "slow.mp4"
    tools.ffmpeg(
        "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x36:rate=9/4", "-frames:v", "40",
        "-c:v", "libx264", "-g", "4", "-keyint_min", "4", "-sc_threshold", "0", "-threads", "1", file,
    )  # fmt: skip
    given = [Stream(file, "video", "v", "SD", codec="h264")]
    made = package(Workshop(tmp_path), "t", given, 40 * 4 / 9, "none", gop_seconds=16 / 9)
    index = media_playlist((made.path / "v" / "index.m3u8").read_text())
    assert [piece.seconds for piece in index.pieces] == [3.556] * 5
    frames = media_playlist((made.path / "v" / "iframes.m3u8").read_text())
    assert [piece.seconds for piece in frames.pieces] == [1.778] * 10


def test_thumbnails_are_in_both_manifests() -> None:
    folder = packaged("cbcs").path
    master = (folder / "master.m3u8").read_text()
    # of a tile, not of the sheet of 800x90: players multiply it by the layout
    assert 'RESOLUTION=160x90,URI="thumbnails/index.m3u8"' in master
    found = {one.id: one for one in mpd.representations(mpd.read(folder / "manifest.mpd"))}
    assert found["thumbnails"].media == ("thumbnails/00001.jpg",)


def shapes(value: bytes) -> list[bytes]:
    """The ways in which a key could be written."""
    text = [value.hex(), value.hex().upper(), base64.b64encode(value).decode()[:-2]]
    return [value, *(each.encode() for each in text)]


def test_no_key_in_files_output_words_or_environment(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words and files of a process can be read by others, and notes and receipts are shown."""
    words: list[str] = []
    run = tools._run

    def spied(name: str, said: list[str], seconds: float) -> tools.Ran:
        words.extend(said)
        flags = [word for word in said if word.startswith("--flagfile=")]
        assert KEYS.keys["SD"].value.hex() in Path(flags[0].partition("=")[2]).read_text()
        return run(name, said, seconds)

    monkeypatch.setattr(tools, "_run", spied)
    made = package(Workshop(tmp_path), "bikes", streams(), SECONDS, "cbcs", KEYS, tiles())
    out, err = capfd.readouterr()
    places = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    places += [" ".join(words).encode(), repr((made, KEYS)).encode(), (out + err).encode()]
    places += [repr(dict(os.environ)).encode()]
    assert len(places) > 30
    for key in KEYS.keys.values():
        for shape in shapes(key.value):
            assert not any(shape in place for place in places)
    flagfile = next(word for word in words if word.startswith("--flagfile="))
    assert not Path(flagfile.partition("=")[2]).exists()  # gone with the call
    assert str(tmp_path) not in repr(made.facts)


def test_a_failing_packager_gives_no_key_away(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    streams = [Stream(broken, "video", "v", "SD"), Stream(sound(), "audio", "a", "AUDIO")]
    with pytest.raises(tools.ToolFailed) as refused:
        package(Workshop(tmp_path), "bikes", streams, SECONDS, "cbcs", KEYS)
    said = f"{refused.value} {refused.value.said} {refused.value.args}"
    assert not any(key.value.hex() in said for key in KEYS.keys.values())


KILLED = """
import signal
from pathlib import Path
from jobs.encode import package
from tests.jobs.encode import made_package
made_package.folder = lambda: Path({clips!r})
from tests.jobs.encode.test_package import made_again
package.finish = lambda *_: (print("there", flush=True), signal.pause())
made_again(Path({work!r}), "cbcs")
"""


def test_a_kill_leaves_nothing_that_counts_and_the_next_call_gives_the_same_bytes(
    tmp_path: Path,
) -> None:
    work, first = tmp_path / "work", packaged("cbcs")
    script = KILLED.format(clips=str(tmp_path), work=str(work))
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"there\n"
    child.kill()
    child.communicate()
    assert any(work.glob(".part-package-*/*"))
    assert not any(work.glob("package-*"))
    assert made_again(work, "cbcs") == first.sha256


def one(**changed: object) -> list[Stream]:
    return [replace(Stream(video(90), "video", "v", "SD"), **changed)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (lambda: [Stream(text(), "text", "t")], "no stream is a video"),
        (lambda: one() * 2, "two streams are called v"),
        (lambda: one(name="../v"), "no folder can have the name"),
        (lambda: one(name="thumbnails"), "no folder can have the name"),
        (lambda: one(label="UHD"), "'UHD' is no label"),
        (lambda: one(kind="picture", name="p") + one(), "'picture' is no kind"),
        (lambda: one(language="e n"), "is no language"),
        (lambda: one(shown_as='A", B'), "cannot be shown as the name"),
        (lambda: one(path=Path("gone.mp4")), "gone.mp4 is not the file"),
        (
            lambda: [*one(), *(Stream(text(), "text", name, language="en") for name in "ab")],
            "same language and roles",
        ),
    ],
)  # fmt: skip
def test_streams_that_make_no_package_are_refused_in_one_sentence(
    tmp_path: Path, given: object, why: str
) -> None:
    assert callable(given)
    with pytest.raises(BadStreams, match=why.replace("(", "\\(")):
        package(Workshop(tmp_path), "bikes", given(), SECONDS, "none")


@pytest.mark.parametrize(
    ("protect", "keys"), [("cbcs", None), ("none", KEYS), ("cens", KEYS), ("", None)]
)
def test_keys_are_there_exactly_where_they_are_needed(
    tmp_path: Path, protect: str, keys: object
) -> None:
    """A title that was to be protected must not come out clear for want of keys."""
    with pytest.raises(BadProtection):
        package(Workshop(tmp_path), "bikes", one(), SECONDS, protect, keys)  # type: ignore[arg-type]


def test_a_title_id_is_no_path(tmp_path: Path) -> None:
    with pytest.raises(BadTitleId):
        package(Workshop(tmp_path), "../bikes", one(), SECONDS, "none")


def test_the_command_in_the_note_can_be_read_by_people() -> None:
    (call,) = packaged("cbcs").calls
    assert call.command[0] == "packager"
    assert call.command[-1] == "--flagfile=IN_MEMORY"
    assert call.command[1].startswith("in=TMP/h264-90p.mp4,stream=video,")
