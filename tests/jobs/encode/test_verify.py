"""The right key opens a package to the encoder's packets; damage and wrong keys are noticed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from jobs.encode import tools
from jobs.encode.manifests import PackageBroken
from jobs.encode.package import package
from jobs.encode.streams import Stream
from jobs.encode.verify import verified, verify
from jobs.encode.workshop import Workshop
from tests.jobs.encode.made_package import (
    KEYS,
    OTHER_KEYS,
    copy_of,
    packaged,
    sound,
    streams,
    text,
    video,
)

if TYPE_CHECKING:
    from pathlib import Path

ENCODERS = {
    "hevc": ["libx265", "-tag:v", "hvc1", "-x265-params",
             "log-level=none:pools=none:keyint=24:min-keyint=24:scenecut=0:open-gop=0"],
    "av1": ["libsvtav1", "-preset", "12", "-svtav1-params", "lp=1"],
    "vp9": ["libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"],
}  # fmt: skip


@pytest.mark.parametrize("protect", ["none", "cbcs", "cenc"])
def test_packets_after_decryption_are_those_of_the_encoder(protect: str) -> None:
    keys = None if protect == "none" else KEYS
    facts = verify(packaged(protect).path, streams(), keys)
    hashes = facts["packets_sha256"]
    assert set(hashes) == {stream.name for stream in streams() if stream.kind != "text"}
    assert len(set(hashes.values())) == 5
    assert all(len(each) == 64 for each in hashes.values())


def test_the_hashes_are_those_of_the_encoder_s_files() -> None:
    """Untouched by filters that ffmpeg puts in, so that anybody can hash a rendition again."""
    words = ("-map", "0", "-c", "copy", "-f", "streamhash", "-hash", "sha256", "-")
    said = tools.ffmpeg("-v", "error", "-i", video(90), *words).stdout
    hashes = verify(packaged("none").path, streams(), None)["packets_sha256"]
    assert hashes["h264-90p"] == said.strip().partition("SHA256=")[2]


@pytest.mark.parametrize("protect", ["cbcs", "cenc"])
def test_wrong_keys_are_noticed_although_every_tool_ends_well(protect: str) -> None:
    with pytest.raises(PackageBroken, match="h264-90p does not hold the packets"):
        verify(packaged(protect).path, streams(), OTHER_KEYS)


def test_a_clear_package_under_keys_is_noticed() -> None:
    """Keys change nothing where nothing is encrypted, so the packets are equal: not enough."""
    with pytest.raises(PackageBroken, match="opens with a wrong key, so it is not protected"):
        verify(packaged("none").path, streams(), KEYS)


@pytest.mark.parametrize("tone", ["0", "if(gt(t,4.1),.1*sin(2000*t),0)"])
def test_silence_that_no_block_is_long_enough_for_is_taken(tone: str, tmp_path: Path) -> None:
    """A packet of silence is 6 bytes, of which cbcs encrypts none: any key opens it. Films begin so."""
    file = tmp_path / "silent.mp4"
    source = ("-f", "lavfi", "-i", f"aevalsrc='{tone}':d=9.5:s=48000")
    tools.ffmpeg("-v", "error", *source, "-c:a", "aac", "-b:a", "128k", file)
    given = [streams()[0], Stream(file, "audio", "silent", "AUDIO", "en")]
    made = package(Workshop(tmp_path / "work"), "t", given, 9.5, "cbcs", KEYS)
    verify(made.path, given, KEYS)
    clear = package(Workshop(tmp_path / "clear"), "t", given, 9.5, "none")
    if tone != "0":
        with pytest.raises(PackageBroken, match="silent opens with a wrong key"):
            verify(clear.path, given[1:], KEYS)


@pytest.mark.parametrize("name", ["h264-72p", "audio-en"])
def test_one_altered_byte_is_noticed(tmp_path: Path, name: str) -> None:
    folder = copy_of(packaged("cbcs"), tmp_path)
    file = folder / name / "00002.m4s"
    content = bytearray(file.read_bytes())
    content[-10] ^= 1
    file.write_bytes(content)
    with pytest.raises(PackageBroken, match=f"{name} does not hold the packets"):
        verify(folder, streams(), KEYS)


@pytest.mark.parametrize("name", ["00001.vtt", "whole.vtt"])  # of HLS and of DASH
def test_an_altered_cue_is_noticed(tmp_path: Path, name: str) -> None:
    folder = copy_of(packaged("cbcs"), tmp_path)
    file = folder / "captions-en" / name
    file.write_text(file.read_text().replace("Hello", "Hullo"))
    with pytest.raises(PackageBroken, match="captions-en does not hold the cues"):
        verify(folder, streams(), KEYS)


def test_text_with_markup_comes_through(tmp_path: Path) -> None:
    """The packager reads and writes cues anew; what was made harmless must stay so."""
    file = tmp_path / "odd.vtt"
    file.write_text(
        "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\n&lt;script&gt;x()&lt;/script&gt; <v Ann>a &amp; "
        "b</v>\n\n00:00:09.499 --> 00:00:09.500\n&lrm;\n"
    )
    given = [streams()[0], Stream(file, "text", "odd", language="en")]
    made = package(Workshop(tmp_path / "work"), "t", given, 9.5, "none")
    verify(made.path, given, None)
    assert "<script" not in (made.path / "odd" / "00001.vtt").read_text()


def test_a_stream_that_was_not_packaged_is_noticed() -> None:
    extra = Stream(video(72), "video", "h264-72p-more", "SD")
    with pytest.raises(PackageBroken, match="h264-72p-more is not in the package"):
        verify(packaged("none").path, [*streams(), extra], None)


def test_nothing_is_not_equal_to_nothing(tmp_path: Path) -> None:
    """A file without the track hashes to nothing, or to an error, and never proves anything."""
    swapped = replace(streams()[0], path=sound())
    with pytest.raises((PackageBroken, tools.ToolFailed)):
        verify(packaged("none").path, [swapped], None)


@pytest.mark.slow
@pytest.mark.parametrize("protect", ["cbcs", "cenc"])
def test_every_codec_comes_through(tmp_path: Path, protect: str) -> None:
    """HEVC, AV1, VP9 and Opus: each has packets of another shape and its own encryption rule."""
    given = [Stream(text(), "text", "captions-en", language="en")]
    for codec, words in ENCODERS.items():
        file = tmp_path / f"{codec}.mp4"
        tools.ffmpeg(
            "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=12", "-t", "9.5",
            "-threads", "1", "-c:v", *words, "-g", "24", file,
        )  # fmt: skip
        given.append(Stream(file, "video", codec, "SD", codec=codec))
    opus = tmp_path / "opus.mp4"
    tools.ffmpeg(
        "-v", "error", "-i", sound(), "-c:a", "libopus", "-b:a", "48k", "-ar", "48000", opus
    )
    given += [
        Stream(opus, "audio", "opus-en", "AUDIO", "en", ("main",), codec="opus"),
        Stream(sound(), "audio", "aac-en", "AUDIO", "en", ("main",), codec="aac"),
    ]
    made = package(Workshop(tmp_path / "work"), "t", given, 9.5, protect, KEYS)
    assert len(verify(made.path, given, KEYS)["packets_sha256"]) == 5


def test_what_a_kill_leaves_of_a_proof_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole stream lay there for good: its name was of no lock that a later maker looks for."""
    work = Workshop(tmp_path)
    made = package(work, "t", streams()[:1], 9.5, "none")
    call = tools.ffmpeg
    halves: set[Path] = set()

    def looks(*words: str | Path) -> tools.Ran:
        halves.update(tmp_path.glob(".part-*"))
        return call(*words)

    monkeypatch.setattr(tools, "ffmpeg", looks)
    verified(work, made, streams()[:1], None)
    assert len(halves) == 1
    for half in halves:
        assert not half.exists()
        half.write_text("what a kill left")
    Workshop(tmp_path).make("other", ".txt", {}, lambda part: {"bytes": part.write_text("x")})
    assert list(tmp_path.glob(".part-*")) == []
