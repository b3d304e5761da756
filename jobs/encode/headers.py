"""Read what a file says of itself, and refuse in one sentence what cannot be encoded."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from jobs.encode.colours import HDR_TRANSFERS
from jobs.encode.facts import AudioTrack
from jobs.encode.languages import UNKNOWN, tag_of
from jobs.encode.picture import CONTAINERS, MOST_PIXELS, SAFE
from jobs.encode.tools import ToolFailed, ffprobe, last_line
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Words = Mapping[str, Any]

SECONDS_AT_MOST = 30.0
"""For a header: a file that takes longer is not read but searched."""
SHORTEST_SIDE, MOST_OBLONG = 32, 4.5
"""Pixels, and long side over short side: the broadest film ever shown is 4.0."""
PIXEL_FORMATS = re.compile(r"(yuv|yuvj|yuva)4\d\dp(\d+(le|be))?|(nv|p|y)\d\d\d?(le|be)?|(gray|ya)(\d+(le|be)?)?"
                           r"|gbra?p(\d+(le|be))?|(rgb|bgr)(24|48|555|565)(le|be)?|(rgb|bgr)a(64(le|be))?"
                           r"|bgr0|rgb0|argb|abgr|0rgb|0bgr|uyvy422|yuyv422")  # fmt: skip
"""What can be brought to 8-bit 4:2:0 with its colours known; Bayer and palette pictures cannot."""
NEVER_WOVEN = ("hevc", "vvc", "vp8", "vp9", "av1")
"""Codecs that code whole frames alone; HEVC may send fields, but each as a picture of its own."""
UNREAD = "unknown"
"""The codec of a track that ffprobe knows no decoder of."""
DOLBY_OWN = (5, 10)
"""Profiles of Dolby Vision that need no base which others can show; one that has it names its kind."""
FIRST_PACKETS = "%+#8"
"""Enough of a file to see whether it is encrypted."""
CLOCK = re.compile(r"([0-9]{1,6}):([0-5][0-9]):([0-5][0-9](?:\.[0-9]+)?)")
"""How Matroska's tags say how long a track lasts: hours, minutes, seconds."""
RATIO = re.compile(r"([0-9]{1,19})[:/]([0-9]{1,19})")


class Unencodable(MarqueeError):
    """A file cannot become a title."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} cannot be encoded: {why}. Deliver another file.")


@dataclass(frozen=True)
class Header:
    """The tracks of a file, as it declares them."""

    name: str
    container: str
    seconds: float
    """0 where the file does not say."""
    video: Words
    track: int
    """The place of `video` among all pictures of the file, covers too, from 0."""
    audio: tuple[AudioTrack, ...]
    encrypted: bool

    @property
    def unheard(self) -> bool:
        """Whether it has sound and none of it can be decoded."""
        unread = any(track.codec == UNREAD for track in self.audio)
        return unread and not any(track.channels for track in self.audio)

    @property
    def time_base(self) -> Fraction:
        """Seconds a tick."""
        return Fraction(self.video["time_base"])

    @property
    def rates(self) -> list[Fraction]:
        """Frames a second as declared, where that is a rate at all."""
        said = (self.video.get(key) for key in ("avg_frame_rate", "r_frame_rate"))
        return [rate for rate in map(_ratio, said) if rate]

    @property
    def seconds_shown(self) -> float:
        """How long the picture lasts by its own track, Matroska's in a tag; 0 where it is silent."""
        if "duration" in self.video:
            return float(self.video["duration"])
        return _seconds(str(self.video.get("tags", {}).get("DURATION")))

    @property
    def progressive(self) -> bool:
        """Whether no frame can be woven by what the file says; drawn ones look woven to a detector."""
        woven_by_none = self.video.get("codec_name") in NEVER_WOVEN
        return woven_by_none or bool(self.video.get("field_order") == "progressive")

    @property
    def rotation(self) -> int:
        """Degrees clockwise by which the picture is turned to be shown."""
        return -round(float(self._turn.get("rotation", 0))) % 360

    @property
    def mirrored(self) -> bool:
        """Whether the matrix that turns the picture mirrors it, too: its determinant is below 0."""
        rows = [row.split()[1:3] for row in self._turn.get("displaymatrix", "").split("\n")[1:3]]
        if not rows:
            return False
        (a, b), (c, d) = ((int(number) for number in row) for row in rows)
        return a * d < b * c

    @property
    def _turn(self) -> Words:
        sides = self.video.get("side_data_list", ())
        return next((side for side in sides if "rotation" in side), {})

    @property
    def sample_aspect(self) -> Fraction:
        """Width of a pixel over its height; square where the file says nothing."""
        return _ratio(self.video.get("sample_aspect_ratio")) or Fraction(1)

    @property
    def colour(self) -> dict[str, str]:
        """As Master.colour says."""
        keys = {"primaries": "color_primaries", "transfer": "color_transfer",
                "matrix": "color_space", "range": "color_range"}  # fmt: skip
        return {name: str(self.video.get(key, "unknown")) for name, key in keys.items()}


def header(path: Path) -> Header:
    """What a file declares; raises Unencodable where nothing in it can be a film.

    Of several pictures the largest is the film: the others are smaller copies, layers and maps of it.
    """
    try:
        said = ffprobe(
            "-v", "error", *SAFE, "-show_format", "-show_streams", "-show_packets",
            "-read_intervals", FIRST_PACKETS, "-of", "json", path,
            seconds=SECONDS_AT_MOST,
        ).stdout  # fmt: skip
    except ToolFailed as error:
        raise Unencodable(path.name, _unopened(path, error)) from error
    found = json.loads(said)
    streams = found.get("streams", [])
    pictures = [stream for stream in streams if stream.get("codec_type") == "video"]
    films = [stream for stream in pictures if not _cover(stream)]
    if not films:
        raise Unencodable(path.name, "it holds no moving picture")
    film = max(films, key=lambda stream: math.prod(_size(stream)))
    return Header(
        name=path.name,
        container=str(found["format"]["format_name"]),
        seconds=float(found["format"].get("duration", 0)),
        video=film,
        track=pictures.index(film),
        audio=_sounds(streams),
        encrypted=any(_encrypted(one) for one in (film, *found.get("packets", ()))),
    )


def _unopened(path: Path, error: ToolFailed) -> str:
    """Why a file cannot be opened; ffprobe says only `Invalid argument` of a kind that SAFE leaves out."""
    why = last_line(error.said).removeprefix(f"{path}: ").replace(str(path), path.name)
    if why == "Invalid argument":
        why = f"its kind of file is none of {', '.join(CONTAINERS)}"
    return f"it is no film that can be opened ({why})"


def sounds_of(path: Path) -> tuple[AudioTrack, ...]:
    """The sound tracks of any file, such as an audio description; raises ToolFailed, ToolHung."""
    words = ("-v", "error", *SAFE_SOUND, "-show_streams", "-of", "json", path)
    return _sounds(json.loads(ffprobe(*words, seconds=SECONDS_AT_MOST).stdout).get("streams", []))


def seconds_of(path: Path) -> float:
    """How long any file says that it lasts; 0 where it does not say. Raises ToolFailed, ToolHung."""
    words = ("-v", "error", *SAFE_SOUND, "-show_format", "-of", "json", path)
    said = json.loads(ffprobe(*words, seconds=SECONDS_AT_MOST).stdout)
    return float(said["format"].get("duration", 0))


SOUND_CONTAINERS = ("wav", "w64", "flac", "mp3", "aac", "aiff", "ac3", "eac3")
SAFE_SOUND = (*SAFE[:3], ",".join((SAFE[3], *SOUND_CONTAINERS)))
"""Words before a file that is heard only: plain sound files are opened too."""


def refuse(header: Header) -> None:
    """Raise Unencodable where the declared picture is none that can be encoded."""
    pixels = str(header.video.get("pix_fmt", UNREAD))
    coded = _size(header.video)
    shown = size_shown(coded, "", header.sample_aspect, header.rotation)
    if why := _unreadable(header):
        pass
    elif not of_a_film(*coded):
        why = f"its picture is {_named(coded)}, which no film is"
    elif not of_a_film(*shown):
        why = f"its picture of {_named(coded)} is shown as {_named(shown)}, which no film is"
    elif not PIXEL_FORMATS.fullmatch(pixels):
        why = f"its pixels are {pixels}, which cannot be brought to 8-bit 4:2:0"
    elif header.rotation % 90:
        why = f"its picture is turned by {header.rotation} degrees"
    elif not header.rates:
        why = "it declares no frame rate"
    else:
        return
    raise Unencodable(header.name, why)


def _unreadable(header: Header) -> str:
    """Why nobody here can read a film's picture or sound; empty where that can be tried."""
    if header.encrypted:
        return "it is encrypted, and nobody here has its key"
    if _dolby_only(header.video):
        return "it is Dolby Vision without a base that others can show"
    if 0 in _size(header.video) or header.video.get("pix_fmt", UNREAD) == UNREAD:
        codec = header.video.get("codec_name", UNREAD)
        return f"nothing can be read of its picture ({codec}): it is damaged, scrambled or rare"
    return "its sound is of a kind that cannot be read" if header.unheard else ""


def of_a_film(width: int, height: int) -> bool:
    """Whether a film may have a picture of this size, be it coded or shown: MOST_PIXELS bounds both,
    since oblong pixels are made square before anything is encoded."""
    short, long = sorted((width, height))
    fits = short >= SHORTEST_SIDE and long <= MOST_OBLONG * short
    return fits and width * height <= MOST_PIXELS


def size_shown(
    coded: tuple[int, int], crop: str, sample_aspect: Fraction, rotation: int
) -> tuple[int, int]:
    """Even width and height on a screen: bars off, pixels made square by width, upright."""
    width, height = (int(number) for number in crop.split(":")[:2]) if crop else coded
    across, down = 2 * round(width * sample_aspect / 2), 2 * (height // 2)
    return (down, across) if rotation in (90, 270) else (across, down)


def is_hdr(header: Header) -> bool:
    """Whether the picture is PQ or HLG."""
    return header.colour["transfer"] in HDR_TRANSFERS


def _ratio(said: object) -> Fraction:
    """What a file says as one number over another; 0 where it is no ratio."""
    found = RATIO.fullmatch(str(said))
    across, down = (int(number) for number in found.groups()) if found else (0, 0)
    return Fraction(across, down) if down else Fraction(0)


def _seconds(tag: str) -> float:
    """What a tag says on a clock; 0 where it does not: anybody may write anything into a tag."""
    found = CLOCK.fullmatch(tag)
    hours, minutes, seconds = (float(part) for part in found.groups()) if found else (0, 0, 0)
    return 3600 * hours + 60 * minutes + seconds


def _cover(stream: Words) -> bool:
    return bool(stream.get("disposition", {}).get("attached_pic"))


def _size(video: Words) -> tuple[int, int]:
    return int(video.get("width", 0)), int(video.get("height", 0))


def _named(size: tuple[int, int]) -> str:
    return "{}x{}".format(*size)


def _encrypted(said: Words) -> bool:
    """Whether a track or a packet is."""
    sides = said.get("side_data_list", ())
    return any(str(side.get("side_data_type", "")).startswith("Encryption") for side in sides)


def _dolby_only(video: Words) -> bool:
    """Profile 5, and of AV1's profile 10 the kind that is like it, are in colours of Dolby's own."""
    return any(
        side.get("dv_profile") in DOLBY_OWN and not side.get("dv_bl_signal_compatibility_id")
        for side in video.get("side_data_list", ())
    )


def _sounds(streams: list[dict[str, Any]]) -> tuple[AudioTrack, ...]:
    sounds = [stream for stream in streams if stream.get("codec_type") == "audio"]
    return tuple(_sound(index, sound) for index, sound in enumerate(sounds))


def _sound(index: int, sound: Words) -> AudioTrack:
    said = str(sound.get("tags", {}).get("language", UNKNOWN))
    tag = tag_of(said)
    codec, channels = str(sound.get("codec_name", UNREAD)), int(sound.get("channels", 0))
    if codec == UNREAD:  # such as Apple's spatial sound beside AAC: nothing here decodes it
        channels = 0
    return AudioTrack(index, codec, channels, tag, said if tag == UNKNOWN != said else "")
