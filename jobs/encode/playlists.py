"""Read HLS playlists (RFC 8216) into records, and measure the rates that they must state."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)')


@dataclass(frozen=True)
class Tag:
    """A line such as #EXT-X-MEDIA:TYPE=AUDIO, and the address on the line below where one is."""

    name: str
    attributes: dict[str, str]
    """Values without their quotes."""
    uri: str = ""

    def number(self, name: str) -> float:
        """An attribute that is a number; 0 where it is not there."""
        return float(self.attributes.get(name) or 0)


@dataclass(frozen=True)
class Piece:
    """One segment of a media playlist, or one key frame in a segment."""

    uri: str
    seconds: float
    length: int = 0
    """Bytes, where a byte range is said; else 0 for the whole file."""
    offset: int = 0

    def bytes_in(self, folder: Path) -> int:
        """How many bytes a player loads for it; raises OSError."""
        return self.length or (folder / self.uri).stat().st_size


@dataclass
class Playlist:
    """What a media playlist says."""

    version: int = 1
    target: int = 0
    """EXT-X-TARGETDURATION in seconds."""
    flags: set[str] = field(default_factory=set)
    """Names of the tags that it has."""
    map_uri: str = ""
    keys: list[dict[str, str]] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    kind: str = ""

    @property
    def seconds(self) -> float:
        """The sum of all durations."""
        return sum(piece.seconds for piece in self.pieces)


def attributes(text: str) -> dict[str, str]:
    """An attribute list (RFC 8216, section 4.2), without quotes."""
    return {name: value.strip('"') for name, value in ATTRIBUTE.findall(text)}


def master_tags(text: str) -> list[Tag]:
    """The tags of a master playlist; raises ValueError where a variant has no address."""
    tags, lines = [], _lines(text)
    for number, line in enumerate(lines):
        if not line.startswith("#EXT-X-"):
            continue
        name, _, rest = line[1:].partition(":")
        said = attributes(rest)
        uri = said.get("URI", "")
        if name == "EXT-X-STREAM-INF":
            uri = lines[number + 1] if number + 1 < len(lines) else "#"
            if uri.startswith("#"):
                raise ValueError("a variant has no address")
        tags.append(Tag(name, said, uri))
    return tags


def _lines(text: str) -> list[str]:
    """The lines of a playlist that hold anything; raises ValueError."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or lines[0] != "#EXTM3U":
        raise ValueError("it does not begin with #EXTM3U")
    return lines


def with_all_members(tags: Sequence[Tag]) -> list[Tag]:
    """The tags with every group of sound whole: RFC 8216, section 4.3.4.1.1, wants the same members
    in each, and a track without surround is in no group of surround as the packager writes it.

    It is heard there as in the plain group of its codec: stereo AAC beside 5.1 AAC.
    """
    told = list(tags)
    sound = [tag for tag in tags if tag.attributes.get("TYPE") == "AUDIO"]
    names = dict.fromkeys(tag.attributes["NAME"] for tag in sound)
    for group in dict.fromkeys(tag.attributes["GROUP-ID"] for tag in sound):
        own = {tag.attributes["NAME"] for tag in sound if tag.attributes["GROUP-ID"] == group}
        for name in [name for name in names if name not in own]:
            there = [tag for tag in sound if tag.attributes["NAME"] == name]
            plain = max(there, key=lambda tag: group.startswith(tag.attributes["GROUP-ID"]))
            told.append(replace(plain, attributes={**plain.attributes, "GROUP-ID": group}))
    return sorted(told, key=lambda tag: tag.name != "EXT-X-MEDIA")


def media_playlist(text: str) -> Playlist:
    """What a media playlist says; raises ValueError."""
    found, seconds, span = Playlist(), -1.0, (0, 0)
    for line in _lines(text):
        name, _, rest = line[1:].partition(":")
        if not line.startswith("#"):
            if seconds < 0:
                raise ValueError(f"{line} has no EXTINF")
            found.pieces.append(Piece(line, seconds, *span))
            seconds, span = -1.0, (0, 0)
        elif name == "EXTINF":
            seconds = float(rest.split(",")[0])
        elif name == "EXT-X-BYTERANGE":
            length, _, offset = rest.partition("@")
            span = (int(length), int(offset or 0))
        else:
            _read_tag(found, name, rest)
    return found


def _read_tag(found: Playlist, name: str, rest: str) -> None:
    found.flags.add(name)
    if name == "EXT-X-VERSION":
        found.version = int(rest)
    elif name == "EXT-X-TARGETDURATION":
        found.target = int(rest)
    elif name == "EXT-X-PLAYLIST-TYPE":
        found.kind = rest
    elif name == "EXT-X-MAP":
        found.map_uri = attributes(rest).get("URI", "")
    elif name == "EXT-X-KEY":
        found.keys.append(attributes(rest))


def peak_bps(sizes: Sequence[int], seconds: Sequence[float], target: float) -> int:
    """The peak segment bit rate of RFC 8216, section 4.3.4.2, rounded up.

    It is the largest rate of any run of segments that lasts 0.5 to 1.5 target durations. A short
    last segment counts with the one before it, which a maximum over single segments would miss.
    A title shorter than that has its mean rate.
    """
    peak = 0.0
    for first in range(len(sizes)):
        bits, lasts = 0, 0.0
        for size, duration in zip(sizes[first:], seconds[first:], strict=True):
            bits, lasts = bits + 8 * size, lasts + duration
            if lasts > 1.5 * target:
                break
            if lasts >= 0.5 * target:
                peak = max(peak, bits / lasts)
    return -int(-peak // 1) if peak else mean_bps(sizes, seconds)


def mean_bps(sizes: Sequence[int], seconds: Sequence[float]) -> int:
    """The mean bit rate, rounded up."""
    return -int(-8 * sum(sizes) // sum(seconds)) if sum(seconds) else 0


def measured(file: Path) -> tuple[int, int]:
    """Peak and mean bit rate of what a media playlist lists, from the files; raises OSError."""
    playlist = media_playlist(file.read_text())
    sizes = [piece.bytes_in(file.parent) for piece in playlist.pieces]
    seconds = [piece.seconds for piece in playlist.pieces]
    return peak_bps(sizes, seconds, playlist.target), mean_bps(sizes, seconds)
