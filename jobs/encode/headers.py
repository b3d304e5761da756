"""Read what a file says of itself, and refuse in one sentence what cannot be encoded."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from jobs.encode.facts import AudioTrack
from jobs.encode.languages import UNKNOWN, tag_of
from jobs.encode.picture import HDR_TRANSFERS, MOST_PIXELS, SAFE
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
PIXEL_FORMATS = re.compile(r"(yuv|yuvj|yuva)4\d\dp(\d+(le|be))?|nv\d\d|p0\d\dle|gray|gbrp|rgb24|bgr24"
                           r"|rgba|bgra|bgr0|rgb0|argb|abgr|uyvy422|yuyv422|gbrp\d+(le|be)|rgb48(le|be)")  # fmt: skip
"""What can be brought to 8-bit 4:2:0 with its colours known; Bayer and palette pictures cannot."""


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
    audio: tuple[AudioTrack, ...]

    @property
    def time_base(self) -> Fraction:
        """Seconds a tick."""
        return Fraction(self.video["time_base"])

    @property
    def rates(self) -> list[Fraction]:
        """Frames a second as declared, where that is a rate at all."""
        said = (self.video.get(key, "0/0") for key in ("avg_frame_rate", "r_frame_rate"))
        return [Fraction(rate) for rate in said if not rate.endswith("/0") and Fraction(rate) > 0]

    @property
    def seconds_shown(self) -> float:
        """How long the picture lasts by its own track, Matroska's in a tag; 0 where it is silent."""
        tag = str(self.video.get("tags", {}).get("DURATION", "0:0:0")).split(":")
        tagged = sum(float(part) * 60**power for power, part in enumerate(reversed(tag)))
        return float(self.video.get("duration", tagged))

    @property
    def progressive(self) -> bool:
        """Whether the file says that no frame is woven; drawn pictures look woven to a detector."""
        return bool(self.video.get("field_order") == "progressive")

    @property
    def rotation(self) -> int:
        """Degrees clockwise by which the picture is turned to be shown."""
        sides = self.video.get("side_data_list", ())
        return -round(next((side["rotation"] for side in sides if "rotation" in side), 0)) % 360

    @property
    def sample_aspect(self) -> Fraction:
        """Width of a pixel over its height; square where the file says nothing."""
        said = str(self.video.get("sample_aspect_ratio", "1:1")).replace(":", "/")
        across, _, down = said.partition("/")
        known = across.isdigit() and down.isdigit() and int(across) > 0 and int(down) > 0
        return Fraction(int(across), int(down)) if known else Fraction(1)

    @property
    def colour(self) -> dict[str, str]:
        """As Master.colour says."""
        keys = {"primaries": "color_primaries", "transfer": "color_transfer",
                "matrix": "color_space", "range": "color_range"}  # fmt: skip
        return {name: str(self.video.get(key, "unknown")) for name, key in keys.items()}


def header(path: Path) -> Header:
    """What a file declares; raises Unencodable where nothing in it can be a film."""
    try:
        said = ffprobe(
            "-v", "error", *SAFE, "-show_format", "-show_streams", "-of", "json", path,
            seconds=SECONDS_AT_MOST,
        ).stdout  # fmt: skip
    except ToolFailed as error:
        why = last_line(error.said).replace(str(path), path.name)
        raise Unencodable(path.name, f"it is no film that can be opened ({why})") from error
    found = json.loads(said)
    streams = found.get("streams", [])
    films = [s for s in streams if s.get("codec_type") == "video" and not _cover(s)]
    if not films:
        raise Unencodable(path.name, "it holds no moving picture")
    return Header(
        name=path.name,
        container=str(found["format"]["format_name"]),
        seconds=float(found["format"].get("duration", 0)),
        video=films[0],
        audio=_sounds(streams),
    )


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
    width, height = int(header.video.get("width", 0)), int(header.video.get("height", 0))
    pixels = str(header.video.get("pix_fmt", "unknown"))
    short, long = sorted((width, height))
    if short < SHORTEST_SIDE or long > MOST_OBLONG * short or width * height > MOST_PIXELS:
        why = f"its picture is {width}x{height}, which no film is"
    elif not PIXEL_FORMATS.fullmatch(pixels):
        why = f"its pixels are {pixels}, which cannot be brought to 8-bit 4:2:0"
    elif header.rotation % 90:
        why = f"its picture is turned by {header.rotation} degrees"
    elif not header.rates:
        why = "it declares no frame rate"
    elif _dolby_only(header.video):
        why = "it is Dolby Vision without a base that others can show"
    else:
        return
    raise Unencodable(header.name, why)


def is_hdr(header: Header) -> bool:
    """Whether the picture is PQ or HLG."""
    return header.colour["transfer"] in HDR_TRANSFERS


def _cover(stream: Words) -> bool:
    return bool(stream.get("disposition", {}).get("attached_pic"))


def _dolby_only(video: Words) -> bool:
    return any(side.get("dv_profile") == 5 for side in video.get("side_data_list", ()))


def _sounds(streams: list[dict[str, Any]]) -> tuple[AudioTrack, ...]:
    sounds = [stream for stream in streams if stream.get("codec_type") == "audio"]
    return tuple(_sound(index, sound) for index, sound in enumerate(sounds))


def _sound(index: int, sound: Words) -> AudioTrack:
    said = str(sound.get("tags", {}).get("language", UNKNOWN))
    tag = tag_of(said)
    codec, channels = str(sound.get("codec_name", "unknown")), int(sound.get("channels", 0))
    return AudioTrack(index, codec, channels, tag, said if tag == UNKNOWN != said else "")
