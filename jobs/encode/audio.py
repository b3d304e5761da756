"""Encode sound: as long as the picture and in step with it, at one loudness, for each kind of player.

Stereo AAC plays everywhere and is always made; surround is made beside it where the master has it,
and Opus where an open video codec is asked for. An audio description is a track like any other,
from a file of its own.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from jobs.encode.codecs import CODECS
from jobs.encode.encoders import SAME_BYTES
from jobs.encode.headers import SAFE_SOUND
from jobs.encode.loudness import (
    AIM,
    METER,
    Aim,
    corrected,
    limited,
    loudnorm,
    metered,
    normalization,
)
from jobs.encode.packets import kbps, packets_of, peak_kbps
from jobs.encode.tools import ffmpeg, versions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jobs.encode.facts import AudioTrack, Master
    from jobs.encode.loudness import Loudness
    from jobs.encode.tools import Ran
    from jobs.encode.workshop import Made, Workshop

SAMPLE_RATE = 48000
"""loudnorm works at 192 kHz and would hand that on."""
LIMITER_RATE = 192000
MOST_CORRECTIONS, CLOSE_LU = 6, 0.2
"""Passes over a track with sharp peaks, and how near to the target it needs no other: each decibel
that lifts it gives the limiter more to take."""
MOST_TRIES = 4
"""Encodes of a track whose coder lifts its peaks or moves its loudness further than may ship."""
NOWHERE = ("-f", "null", "-")


@dataclass(frozen=True)
class Sound:
    """One way in which a track is encoded."""

    name: str
    """Of the group of tracks that are encoded alike, between which players change."""
    codec: str
    layout: str
    channels: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """One try at a track: what is encoded, and to what it is brought before that."""

    path: Path
    track: AudioTrack
    sound: Sound
    steady: str
    """The filters that bring it in step with the picture."""
    seconds: float
    aim: Aim
    missed: str
    """What its coder made of the try before; empty in the first."""


OPUS_WORDS = ("-c:a", "libopus", "-vbr", "on")
AROUND = (*OPUS_WORDS, "-mapping_family", "1")
"""Channels in the order of Vorbis, each with its place (RFC 7845, section 5.1.1.2)."""
AAC = Sound("aac", "aac", "stereo", 2, ("-c:a", "aac", "-b:a", "128k"))
AAC_SURROUND = Sound("aac-surround", "aac", "5.1", 6, ("-c:a", "aac", "-b:a", "384k"))
OPUS = Sound("opus", "opus", "stereo", 2, (*OPUS_WORDS, "-b:a", "96k"))
OPUS_SURROUND = Sound("opus-surround", "opus", "5.1", 6, (*AROUND, "-b:a", "256k"))
OPUS_WIDE = Sound("opus-surround", "opus", "7.1", 8, (*AROUND, "-b:a", "384k"))
LEAST_SURROUND = 4
"""Channels: 3.0 and 2.1 lose no direction in stereo."""


def sounds_for(track: AudioTrack, codecs: Iterable[str]) -> list[Sound]:
    """The ways in which a track is encoded beside these video codecs; none where it is empty.

    4.0, 5.0 and 5.1 become 5.1, in which a speaker that the master has nothing for is silent. More
    becomes 7.1 in Opus and 5.1 in AAC: ffmpeg says where eight channels of AAC belong in a way that
    the packager cannot read.
    """
    if not track.channels:
        return []
    surround = track.channels >= LEAST_SURROUND
    found = [AAC, *([AAC_SURROUND] if surround else [])]
    if any(CODECS[codec].with_opus for codec in codecs):
        wide = track.channels > OPUS_SURROUND.channels
        found += [OPUS, *([OPUS_WIDE if wide else OPUS_SURROUND] if surround else [])]
    return found


def encode_audio(
    work: Workshop,
    path: Path,
    master: Master,
    track: AudioTrack,
    sound: Sound,
    source_sha256: str | None = None,
) -> Made:
    """The MP4 of one track; one that its coder puts off by more than may ship is encoded again from
    sound that is as far off the other way, a few times at most. `source_sha256` says that `path` is
    another file than the master, whose time 0 is the picture's first frame.

    Facts: seconds, kbps, peak_kbps, cpu_seconds, and loudness: integrated (LUFS),
    true_peak (dBTP) and range (LU) of the result, what was measured before, normalization
    (linear, dynamic or none) and why. Raises ToolFailed, ToolHung, NoSpace.
    """
    start = master.start if source_sha256 is None else "0"
    recipe = {
        "source": source_sha256 or master.sha256, "track": asdict(track), "sound": asdict(sound),
        "start": start, "seconds": master.seconds,
        "corrections": MOST_CORRECTIONS, "tools": versions(),
    }  # fmt: skip
    steady = (
        f"asetpts=PTS-({start})/TB,aresample={SAMPLE_RATE}:async=1:first_pts=0,"
        f"aformat=channel_layouts={sound.layout},apad,atrim=end={master.seconds:.6f}"
    )
    asked = Asked(path, track, sound, steady, master.seconds, AIM, "")
    name = f"audio-{track.index}-{track.language}-{sound.name}"
    for _ in range(MOST_TRIES):
        told = recipe | {"target": asked.aim.level, "peak": asked.aim.peak}
        made = work.make(name, ".mp4", told, partial(_produce, asked=asked))
        following = _after(asked, made.facts["loudness"])
        if following.aim == asked.aim:
            break
        asked = following
    return made


def _after(asked: Asked, heard: dict[str, Any]) -> Asked:
    """The try after one that came out like this, with the same aim where that may ship."""
    given, came = f"{asked.aim.peak:g} dBTP", f"{heard['true_peak']}"
    if heard["normalization"] != "none":
        given, came = f"{given} at {asked.aim.level:g} LUFS", f"{came} and {heard['integrated']}"
    elif not asked.missed:
        given = f"{heard['measured']['true_peak']} dBTP"
    missed = f"encoded from a peak of {given} it came out at {came}"
    return replace(asked, aim=asked.aim.after(heard), missed=missed)


def _produce(part: Path, asked: Asked) -> dict[str, Any]:
    first = _run(asked, f"{asked.steady},{METER}", NOWHERE)
    measured, runs = metered(first), [first]
    if measured.silent:
        chain, kind, why = _left(asked), "none", measured.why_unlevelled
    else:
        chain, why = _levelled(asked, measured, runs)
    encoder = (*asked.sound.words, *SAME_BYTES, "-flags:a", "+bitexact", "-f", "mp4", str(part))
    runs.append(_run(asked, chain, encoder))
    if not measured.silent:
        kind = normalization(runs[-1])
        why = why or ("" if kind == "linear" else "loudnorm found no single gain")
    runs.append(ffmpeg("-v", "info", "-xerror", "-i", part, "-af", METER, *NOWHERE))
    result = metered(runs[-1]).words
    return _rates(part, asked.seconds) | {
        "cpu_seconds": sum(ran.cpu_seconds for ran in runs),
        "loudness": {
            **{name: result[name] for name in ("integrated", "true_peak", "range")},
            "measured": measured.words, "normalization": kind,
            "why": "; ".join(filter(None, (why, asked.missed))),
        },
    }  # fmt: skip


def _left(asked: Asked) -> str:
    """The filters of sound that has no loudness: none, but for peaks that its coder lifted too high."""
    if not asked.missed:
        return asked.steady
    limiter = limited(asked.aim.peak)
    return f"{asked.steady},aresample={LIMITER_RATE},{limiter},aresample={SAMPLE_RATE}"


def _levelled(asked: Asked, measured: Loudness, runs: list[Ran]) -> tuple[str, str]:
    """The filters that reach the target, and why they are not one gain."""
    aim, back = asked.aim, f"aresample={SAMPLE_RATE}"
    chain = f"{asked.steady},{loudnorm(measured, aim)}"
    if not (why := measured.why_dynamic(aim)):
        return f"{chain},{back}", ""
    gain = 0.0
    for _ in range(MOST_CORRECTIONS):
        runs.append(_run(asked, f"{chain},{corrected(gain, aim.peak)},{back},{METER}", NOWHERE))
        miss = aim.level - metered(runs[-1]).integrated
        gain += miss
        if abs(miss) < CLOSE_LU:
            break
    return f"{chain},{corrected(gain, aim.peak)},{back}", why


def _run(asked: Asked, chain: str, output: tuple[str, ...]) -> Ran:
    return ffmpeg(
        "-v", "info", "-nostats", "-xerror", "-threads", "1", "-filter_threads", "1",
        "-copyts", *SAFE_SOUND, "-i", asked.path, "-map", f"0:a:{asked.track.index}", "-af", chain, *output,
    )  # fmt: skip


def _rates(file: Path, seconds: float) -> dict[str, float]:
    bits = packets_of(file, track="a:0").bits
    a_second = len(bits) / seconds
    return {
        "seconds": seconds, "kbps": kbps(bits, a_second), "peak_kbps": peak_kbps(bits, a_second),
    }  # fmt: skip
