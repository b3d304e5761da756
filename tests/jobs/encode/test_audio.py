"""Sound comes out at one loudness, in step with the picture and as long as it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from jobs.encode import receipt_rows
from jobs.encode.audio import (
    AAC,
    AAC_SURROUND,
    OPUS,
    OPUS_SURROUND,
    OPUS_WIDE,
    Sound,
    encode_audio,
    sounds_for,
)
from jobs.encode.facts import AudioTrack
from jobs.encode.headers import sounds_of
from jobs.encode.streams import Stream
from jobs.encode.tools import ToolFailed, ffmpeg, ffprobe
from jobs.encode.tracks import Sound as Heard
from jobs.encode.workshop import Workshop, sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from jobs.encode.workshop import Made
    from tests.jobs.encode.conftest import Clip, Film

STEREO = AudioTrack(0, "pcm_s16le", 2, "en")
PCM = ("-c:a", "pcm_s16le")


def sounded(film: Film, clip: Clip, graph: str, sound: Sound = AAC, length: float = 8) -> Made:
    """A wave file as the sound of a film of 8 s, from its first frame."""
    path = clip("sound.wav", graph, *PCM)
    master = replace(film.master, frames=round(length * 25))
    (track,) = sounds_of(path)
    return encode_audio(film.work, path, master, track, sound, sha256_of(path))


def samples(made: Made, part: Path, channels: int = 2) -> NDArray[np.int16]:
    """[samples, channels] As a player hears them."""
    ffmpeg("-v", "error", "-i", made.path, "-f", "s16le", part)
    return np.fromfile(part, np.int16).reshape(-1, channels)


def test_quiet_sound_is_lifted_by_one_gain(film: Film, clip: Clip, tmp_path: Path) -> None:
    quiet = "aevalsrc='.02*sin(2000*t)|.02*sin(2000*t)':d=8:s=44100"
    made = sounded(film, clip, quiet)
    heard = made.facts["loudness"]
    assert heard["integrated"] == pytest.approx(-23, abs=0.2)
    assert (heard["normalization"], heard["why"]) == ("linear", "")
    assert heard["measured"]["integrated"] < -33
    said = ffprobe(
        "-v", "error", "-show_entries", "stream=codec_name,sample_rate,channels",
        "-of", "csv=p=0", made.path,
    ).stdout  # fmt: skip
    assert said.strip() == "aac,48000,2"
    assert made.facts["seconds"] == 8
    assert len(samples(made, tmp_path / "raw")) / 48000 == pytest.approx(8, abs=0.03)


def test_a_wide_range_stays_wide(film: Film, clip: Clip) -> None:
    # 10 s soft, 10 s 16 dB louder: a range above loudnorm's 11, which alone would be dynamic
    wide = "aevalsrc='if(lt(t,10),.012,.075)*sin(2000*t)|0':d=20:s=48000"
    heard = sounded(film, clip, wide, length=20).facts["loudness"]
    assert heard["measured"]["range"] > 13
    assert heard["normalization"] == "linear"
    assert heard["range"] == pytest.approx(heard["measured"]["range"], abs=1)


def test_sharp_peaks_make_it_dynamic_and_it_says_why(film: Film, clip: Clip) -> None:
    clicks = "aevalsrc='.02*sin(2000*t)+.9*lt(mod(t,2),.0005)|.02*sin(2000*t)':d=8:s=48000"
    heard = sounded(film, clip, clicks).facts["loudness"]
    assert heard["normalization"] == "dynamic"
    assert heard["why"].startswith("one gain to -23 LUFS would lift its peak to ")
    assert heard["integrated"] == pytest.approx(-23, abs=1)
    assert heard["true_peak"] <= -1


def test_what_the_limiter_takes_is_made_up_for(film: Film, clip: Clip) -> None:
    # clicks in a soft room, 18 dB louder: corrected once it came out at -26.7 LUFS and did not ship
    clicks = "aevalsrc='.003*sin(2000*t)+.15*lt(mod(t,.4),.002)|0':d=3.5:s=48000"
    heard = sounded(film, clip, clicks, length=3.5).facts["loudness"]
    assert heard["normalization"] == "dynamic"
    assert heard["integrated"] == pytest.approx(-23, abs=0.5)
    assert heard["true_peak"] <= -1


BURSTS = "aevalsrc='(random(0)*2-1)*(.02+.5*lt(mod(t,2),.02))':d=4:s=48000"


def test_what_its_coder_puts_off_is_encoded_again(film: Film, clip: Clip, tmp_path: Path) -> None:
    """Noise in bursts came out of AAC at .2 dBTP and -24.4 LUFS: it kept its title from playing, and the
    same order would have done so again. Each try is a file with its calls, as any step is."""
    alone = replace(film, work=Workshop(tmp_path))
    heard = sounded(alone, clip, BURSTS, length=4).facts["loudness"]
    assert heard["integrated"] == pytest.approx(-23, abs=1)
    assert heard["true_peak"] <= -1
    assert "encoded from a peak of -2 dBTP at -23 LUFS it came out at " in heard["why"]
    first, _ = (made.facts["loudness"] for made in alone.work.asked.values())
    assert first["true_peak"] > -1
    assert first["integrated"] < -24


def test_a_moment_of_sound_is_limited_where_its_coder_lifts_it_and_else_left(
    film: Film, clip: Clip
) -> None:
    # 200 ms at full scale had a peak of 2.9 dBTP and shipped, since it has no loudness to be held to
    noise = "aevalsrc='(random(0)*2-1)*{}':d=0.2:s=48000"
    loud = sounded(film, clip, noise.format(1), length=0.2).facts["loudness"]
    assert loud["true_peak"] <= -1
    # nothing was limited to -2 or brought to -23 before
    was = f"encoded from a peak of {loud['measured']['true_peak']} dBTP it came out at 2."
    assert re.search(rf"; {re.escape(was)}\d$", loud["why"])
    soft = sounded(film, clip, noise.format(0.1), length=0.2).facts["loudness"]
    assert (soft["normalization"], soft["why"].count(";")) == ("none", 0)
    assert soft["true_peak"] == pytest.approx(soft["measured"]["true_peak"], abs=1.5)


def test_a_moment_of_sound_is_not_called_silent(film: Film, clip: Clip) -> None:
    # the meter looks at 400 ms at least
    heard = sounded(film, clip, "aevalsrc='.1*sin(2000*t)':d=0.2:s=48000", length=0.2)
    assert heard.facts["loudness"]["why"] == "it is too short or too soft to have a loudness"


def test_silence_stays_silence(film: Film, clip: Clip, tmp_path: Path) -> None:
    made = sounded(film, clip, "anullsrc=cl=stereo:d=8")
    heard = made.facts["loudness"]
    assert (heard["normalization"], heard["why"]) == ("none", "it is silent")
    stream = Stream(made.path, "audio", "audio-0-aac")
    row = receipt_rows.sound(Heard(stream, 2, made, ()))  # pages print levels as numbers
    assert (row["loudness"], row["peak"]) == (-70, None)
    assert not samples(made, tmp_path / "raw").any()


def test_mono_becomes_stereo_and_short_sound_is_filled(
    film: Film, clip: Clip, tmp_path: Path
) -> None:
    made = sounded(film, clip, "aevalsrc='.1*sin(2000*t)':d=3:s=48000")
    heard = samples(made, tmp_path / "raw")
    assert np.abs(heard[:, 0].astype(int) - heard[:, 1]).max() < 10
    assert len(heard) / 48000 == pytest.approx(8, abs=0.03)
    assert np.abs(heard[48000 : 2 * 48000]).max() > 1000
    assert np.abs(heard[4 * 48000 :]).max() < 50


def tones(layout: str, count: int) -> str:
    """Another tone on each speaker of a layout."""
    each = "|".join(f".05*sin({900 + 100 * n}*t)" for n in range(count))
    return f"aevalsrc='{each}':c={layout}:d=4:s=48000"


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (AAC_SURROUND, "aac,6,5.1"),
        (OPUS, "opus,2,stereo"),
        (OPUS_SURROUND, "opus,6,5.1"),
        (OPUS_WIDE, "opus,8,7.1"),
    ],
)
def test_surround_is_kept_and_open_codecs_get_opus(
    sound: Sound, said: str, film: Film, clip: Clip
) -> None:
    made = sounded(film, clip, tones("7.1", 8), sound, 4)
    entries = "stream=codec_name,channels,channel_layout"
    found = ffprobe("-v", "error", "-show_entries", entries, "-of", "csv=p=0", made.path).stdout
    assert found.strip() == said
    assert made.facts["loudness"]["integrated"] == pytest.approx(-23, abs=0.5)


@pytest.mark.parametrize(
    ("layout", "count", "silent"), [("quad", 4, {2, 3}), ("5.0", 5, {3}), ("5.1", 6, set())]
)
def test_what_the_master_has_no_speaker_for_is_silent(
    layout: str, count: int, silent: set[int], film: Film, clip: Clip, tmp_path: Path
) -> None:
    # in the order FL FR FC LFE BL BR; nothing is made up for a centre or a subwoofer
    made = sounded(film, clip, tones(layout, count), AAC_SURROUND, 4)
    loudest = np.abs(samples(made, tmp_path / "raw", 6)[48000:144000].astype(int)).max(axis=0)
    assert {place for place, peak in enumerate(loudest) if peak < 50} == silent


def test_which_ways_a_track_is_encoded() -> None:
    def ways(channels: int, *codecs: str) -> list[Sound]:
        return sounds_for(AudioTrack(0, "aac", channels, "en"), codecs)

    assert ways(2, "h264", "hevc") == [AAC]
    assert ways(4, "h264") == [AAC, AAC_SURROUND]
    assert ways(6, "h264", "vp9") == [AAC, AAC_SURROUND, OPUS, OPUS_SURROUND]
    assert ways(8, "h264", "av1") == [AAC, AAC_SURROUND, OPUS, OPUS_WIDE]
    assert ways(3, "vp9") == [AAC, OPUS]
    assert ways(0, "h264") == []


def test_sound_that_begins_later_than_the_picture_stays_later(
    clip: Clip, taken_in: object, tmp_path: Path
) -> None:
    # the sound of the file starts a second after its picture: lip sync is not lost by it
    before = ("-itsoffset", "1", "-f", "lavfi", "-i", "aevalsrc='.1*sin(2000*t)':d=2:s=48000")
    words = ("-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-threads", "1", "-c:a", "flac")
    late = clip("late.mkv", "testsrc2=s=64x64:r=25:d=4", *words, before=before)
    film = taken_in(late)  # type: ignore[operator]
    made = encode_audio(film.work, late, film.master, film.master.audio[0], AAC)
    heard = np.abs(samples(made, tmp_path / "raw")[:, 0])
    assert heard[: int(0.9 * 48000)].max() < 100
    assert heard[int(1.1 * 48000) : int(1.3 * 48000)].max() > 1000
    assert len(heard) / 48000 == pytest.approx(4, abs=0.03)


def test_a_clock_that_starts_late_delays_no_sound(
    clip: Clip, taken_in: object, tmp_path: Path
) -> None:
    before = ("-f", "lavfi", "-i", "aevalsrc='.1*sin(2000*t)':d=2:s=48000")
    words = ("-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-threads", "1", "-c:a", "flac",
             "-output_ts_offset", "7")  # fmt: skip
    file = clip("clock.mkv", "testsrc2=s=64x64:r=25:d=2", *words, before=before)
    film = taken_in(file)  # type: ignore[operator]
    made = encode_audio(film.work, file, film.master, film.master.audio[0], AAC)
    assert np.abs(samples(made, tmp_path / "raw")[4800:9600]).max() > 1000


def test_a_description_begins_with_the_picture(film: Film, clip: Clip, tmp_path: Path) -> None:
    # it is a file of its own, so the master's clock is not its own
    tone = "aevalsrc='.1*sin(2000*t)|0':d=2:s=48000"
    late = replace(film, master=replace(film.master, start="1"))
    made = sounded(late, clip, tone, length=2)
    assert np.abs(samples(made, tmp_path / "raw")[48000:].astype(int)).max() > 1000


def test_the_same_track_gives_the_same_bytes(film: Film, clip: Clip, tmp_path: Path) -> None:
    tone = "aevalsrc='.1*sin(2000*t)|.1*sin(900*t)':d=3:s=48000"
    again = replace(film, work=Workshop(tmp_path))
    assert sounded(film, clip, tone).sha256 == sounded(again, clip, tone).sha256


def test_a_description_that_is_no_sound_is_refused(film: Film, tmp_path: Path) -> None:
    text = tmp_path / "description.wav"
    text.write_text("A man enters.\n" * 100)
    with pytest.raises(ToolFailed):
        sounds_of(text)
