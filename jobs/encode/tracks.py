"""Turn what is heard and read of a title into streams: sound, its description, captions.

The files of an order come from outside; `look` opens all of them before anything is encoded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobs.encode import captions, gate
from jobs.encode.audio import AAC_SURROUND, NOWHERE, SAMPLE_RATE, encode_audio, sounds_for
from jobs.encode.headers import SAFE_SOUND, UNREAD, Unencodable, seconds_of, sounds_of
from jobs.encode.languages import UNKNOWN, base_of, numbered
from jobs.encode.scan import CUT_OFF
from jobs.encode.streams import ALTERNATE, CAPTION, DESCRIPTION, MAIN, SUBTITLE, Stream
from jobs.encode.tools import ToolFailed, ffmpeg, last_line
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from jobs.encode.audio import Sound as Way
    from jobs.encode.facts import AudioTrack
    from jobs.encode.production import Production
    from jobs.encode.tools import Ran
    from jobs.encode.workshop import Made

MOST_SAID = 40
"""Letters of what a master calls a language: it may be anything."""
LEAST_APART, MOST_APART = 5.0, 0.05
"""Seconds, and share of a title, by which its description may be longer or shorter: credits at the
end are often left out."""
PATIENCE_SECONDS = 60.0
"""A description may take as long to be heard as its film lasts, and a minute."""


class BadDescription(MarqueeError):
    """An audio description cannot be heard."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The audio description was refused, because {why}, so the title is not encoded: give a "
            "file with the whole sound of the film and the description in it, or leave it out."
        )


@dataclass(frozen=True)
class Source:
    """A track of sound in a file."""

    path: Path
    track: AudioTrack
    name: str
    """What the names of its streams begin with."""
    role: str
    sha256: str | None = None
    """Of another file than the master."""


@dataclass(frozen=True)
class Sound:
    """A track of sound as it was encoded."""

    stream: Stream
    channels: int
    made: Made
    reasons: tuple[str, ...]
    """Why it may not ship; none where it may."""


@dataclass(frozen=True)
class Text:
    """A file of captions as it was cleaned."""

    stream: Stream
    made: Made


def look(production: Production) -> None:
    """Read everything that was delivered, before anything of it is encoded.

    The master's sound was decoded with its picture, so that of it only the channels may be wrong.
    Raises MissingCaptions, Unencodable, BadCaptions, BadDescription or ToolHung.
    """
    order = production.order
    captions.require_languages(order.require_captions, [tag for _, tag in order.captions])
    texts(production)
    for source in sources(production):
        if source.role == DESCRIPTION:
            _require_whole(source, PATIENCE_SECONDS + production.master.seconds)
        _require_places(production, source)


def _require_whole(source: Source, seconds: float) -> None:
    """Hear a description to its end: one that breaks off would stop its title after all encodes."""
    try:
        ran = _heard(source, "anull", seconds=seconds)
    except ToolFailed as error:
        why = f"it is damaged or cut off ({_said(source, error)})"
        raise BadDescription(why) from error
    if CUT_OFF.search(ran.stderr):
        raise BadDescription("it is cut off: the file ends before its sound does")


def _require_places(production: Production, source: Source) -> None:
    """Hear a second of a track in each way it is to be encoded: ffmpeg mixes no channels whose
    places it does not know."""
    track = source.track
    for layout in dict.fromkeys(way.layout for way in sounds_for(track, production.order.codecs)):
        chain = f"aresample={SAMPLE_RATE},aformat=channel_layouts={layout}"
        try:
            _heard(source, chain, "-t", "1")
        except ToolFailed as error:
            places = f"{track.channels} channels in unsaid or rare places"
            why = f"{places}: no {layout} is mixed of them ({_said(source, error)})"
            if source.role == DESCRIPTION:
                raise BadDescription(f"it has {why}") from error
            what = f"its sound track {track.index + 1} has {why}"
            raise Unencodable(source.path.name, what) from error


def _said(source: Source, error: ToolFailed) -> str:
    """What ffmpeg named as the cause, without the folder that the file lies in."""
    return last_line(error.said.replace(str(source.path), source.path.name))


def _heard(source: Source, chain: str, *most: str, seconds: float = PATIENCE_SECONDS) -> Ran:
    return ffmpeg(
        "-v", "error", "-xerror", "-threads", "1", *SAFE_SOUND, "-i", source.path,
        "-map", f"0:a:{source.track.index}", "-af", chain, *most, *NOWHERE, seconds=seconds,
    )  # fmt: skip


def sources(production: Production) -> list[Source]:
    """The tracks of the master that hold sound, the first of them the main one, and the description."""
    order, master = production.order, production.master
    heard = [track for track in named(master.audio, order.spoken) if track.channels]
    found = [
        Source(production.path, track, f"audio-{track.index}", ALTERNATE if place else MAIN)
        for place, track in enumerate(heard)
    ]
    if not order.audio_description:
        return found
    file = production.kept(order.audio_description)
    track = described(file)
    if track.language == UNKNOWN:
        track = replace(track, language=heard[0].language if heard else order.spoken or UNKNOWN)
    # it is kept under its hash
    return [*found, Source(file, track, "audio-description", DESCRIPTION, file.stem)]


def named(tracks: Iterable[AudioTrack], spoken: str) -> list[AudioTrack]:
    """The tracks, those of an unknown language in the one that the order says is spoken."""
    return [
        replace(track, language=spoken) if spoken and track.language == UNKNOWN else track
        for track in tracks
    ]


def described(file: Path) -> AudioTrack:
    """The track of an audio description; raises BadDescription, ToolHung."""
    try:
        tracks = [track for track in sounds_of(file) if track.channels]
    except ToolFailed:
        raise BadDescription("it is no file that can be heard") from None
    if not tracks:
        raise BadDescription("it holds no sound")
    return tracks[0]


def sounds(production: Production) -> list[Sound]:
    """Every track in every way it is encoded; two of one kind are told apart by their number."""
    found = sources(production)
    titles = numbered(
        Stream(one.path, "audio", one.name, "", one.track.language, (one.role,)).title
        for one in found
    )
    return [
        _sound(production, source, title, way)
        for source, title in zip(found, titles, strict=True)
        for way in sounds_for(source.track, production.order.codecs)
    ]


def _sound(production: Production, source: Source, title: str, way: Way) -> Sound:
    made = encode_audio(
        production.work, source.path, production.master, source.track, way, source.sha256
    )
    stream = Stream(
        made.path, "audio", f"{source.name}-{way.name}", "AUDIO", source.track.language,
        (source.role,), title, codec=way.name,
    )  # fmt: skip
    return Sound(stream, way.channels, made, gate.loud(made.facts))


def texts(production: Production) -> list[Text]:
    """The captions of the order, checked and cleaned; raises BadCaptions.

    Text in a language that is spoken is for who does not hear it, in another one for who does not
    understand it.
    """
    order, master = production.order, production.master
    spoken = spoken_in(named(master.audio, order.spoken))
    found = []
    for file, tag in order.captions:
        made = captions.prepare(production.work, production.kept(file), tag, master.seconds)
        role = CAPTION if base_of(tag) in spoken else SUBTITLE
        stream = Stream(made.path, "text", f"text-{tag}", language=tag, roles=(role,))
        found.append(Text(stream, made))
    return found


def spoken_in(tracks: Iterable[AudioTrack]) -> set[str]:
    """The languages that are known to be spoken, without regions."""
    return {base_of(track.language) for track in tracks} - {UNKNOWN}


def remarks(production: Production, read: Sequence[Text]) -> list[str]:
    """What a person should know of sound and captions, a sentence each."""
    order, master = production.order, production.master
    found = []
    for track in master.audio:
        if track.codec == UNREAD:
            found.append(f"Nothing can be read of sound track {track.index + 1}: it was left out.")
        if track.said and not order.spoken:
            found.append(
                f"The master calls the language of sound track {track.index + 1} "
                f"{track.said[:MOST_SAID]!r}, which is no tag of a language: --spoken LANGUAGE names it."
            )
        if track.channels > AAC_SURROUND.channels:
            found.append(
                f"Sound track {track.index + 1} has {track.channels} channels, of which AAC carries "
                "5.1; Opus, beside VP9 and AV1, carries 7.1."
            )
    if read and not spoken_in(named(master.audio, order.spoken)):
        found.append(
            "Nobody said which language is spoken, so no text is marked as captions for the hard of "
            "hearing: --spoken LANGUAGE says it."
        )
    doubts = [captions.doubt(text.made.facts, master.seconds) for text in read]
    doubts.append(doubt_of_sides(named(master.audio, order.spoken)))
    if order.audio_description:
        lasts = seconds_of(production.kept(order.audio_description))
        doubts.append(doubt_of_description(lasts, master.seconds))
    return [*found, *(doubt for doubt in doubts if doubt)]


def doubt_of_sides(tracks: Iterable[AudioTrack]) -> str:
    """Why tracks may be the sides of one sound, as in MXF; empty where nothing says so."""
    mono = Counter(track.language for track in tracks if track.channels == 1)
    most = max(mono.values(), default=0)
    if most < 2:
        return ""
    return (
        f"{most} sound tracks have one channel each and one language, and each is offered alone: if "
        "they are the sides of one sound, deliver it as one track."
    )


def doubt_of_description(lasts: float, seconds: float) -> str:
    """Why a description of so many seconds may be of another cut; empty where nothing says so."""
    if not lasts or abs(lasts - seconds) <= max(LEAST_APART, MOST_APART * seconds):
        return ""
    return (
        f"The audio description lasts {lasts:.0f} s where the title lasts {seconds:.0f} s: look "
        "whether it is of this cut."
    )
