"""Say what goes into a package: encoded pictures, sound and text, each under its own name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jobs.encode.languages import SHAPE, UNKNOWN, shown
from jobs.encode.workshop import sha256_of
from lakehouse.errors import MarqueeError
from serving_export.titles.keys import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KINDS = ("video", "audio", "text")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
MOST_SD_PIXELS = 768 * 576
"""The packager's and Widevine's border between SD and HD."""
RESERVED = "thumbnails"
MAIN, ALTERNATE, DESCRIPTION = "main", "alternate", "description"
CAPTION, SUBTITLE = "caption", "subtitle"
"""DASH roles (ISO/IEC 23009-1, 5.8.5.5)."""
SPOKEN_ROLES = {
    DESCRIPTION: "audio description",
    CAPTION: "captions",
    "commentary": "commentary",
    "forced-subtitle": "forced",
}


class BadStreams(MarqueeError):
    """The streams that were given make no package."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"Nothing was packaged, because {why}: give each stream a name, kind, label and "
            "language of its own, as jobs/encode/streams.py says."
        )


@dataclass(frozen=True)
class Stream:
    """One encoded file of a title."""

    path: Path = field(compare=False)
    """An MP4 file with one track, or a WebVTT file."""
    kind: str
    """video, audio or text."""
    name: str
    """Its folder in the package and its id in the DASH manifest, such as the name of its rung."""
    label: str = ""
    """Whose key protects it: SD, HD or AUDIO; text is never encrypted."""
    language: str = UNKNOWN
    """A BCP 47 tag."""
    roles: tuple[str, ...] = ()
    """What it is to a viewer, as DASH's roles say it."""
    shown_as: str = ""
    """What menus call it; by default the language and what is special about it."""
    height: int = 0
    codec: str = ""
    """Such as h264 or aac; sound of one codec makes one group of renditions."""

    @cached_property
    def sha256(self) -> str:
        """Of the file's bytes, which are read once for packaging and proving."""
        return sha256_of(self.path)

    @property
    def title(self) -> str:
        """What menus call it."""
        if self.shown_as:
            return self.shown_as
        special = [SPOKEN_ROLES[role] for role in self.roles if role in SPOKEN_ROLES]
        return shown(self.language, special)


def label_of(kind: str, width: int = 0, height: int = 0) -> str:
    """Whose key protects a stream of this kind and size: HD above the pixels of 768 by 576."""
    if kind == "text":
        return ""
    if kind == "audio":
        return "AUDIO"
    return "HD" if width * height > MOST_SD_PIXELS else "SD"


def checked(streams: Sequence[Stream]) -> list[Stream]:
    """The streams in the order of a package: video, audio, text; raises BadStreams."""
    names = [stream.name for stream in streams]
    if not any(stream.kind == "video" for stream in streams):
        raise BadStreams("no stream is a video")
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise BadStreams(f"two streams are called {repeated[0]}")
    for stream in streams:
        if why := _wrong(stream):
            raise BadStreams(f"{why} of the stream {stream.name!r}")
    texts = [(s.language, s.roles) for s in streams if s.kind == "text"]
    if len(set(texts)) < len(texts):
        raise BadStreams("two text streams have the same language and roles")
    return sorted(streams, key=lambda stream: KINDS.index(stream.kind))


def recipe_of(stream: Stream) -> dict[str, Any]:
    """All of a stream that decides bytes of a package."""
    said = {name: value for name, value in vars(stream).items() if name != "path"}
    return {**said, "roles": list(stream.roles), "sha256": stream.sha256}


def _wrong(stream: Stream) -> str:
    """What is wrong with a stream, or nothing."""
    name = stream.title
    tests = {
        f"{stream.kind!r} is no kind": stream.kind in KINDS,
        "no folder can have the name": bool(NAME.fullmatch(stream.name)) and stream.name != RESERVED,
        f"{stream.label!r} is no label": stream.kind == "text" or stream.label in LABELS,
        f"{stream.language!r} is no language": bool(SHAPE.fullmatch(stream.language)),
        f"{name!r} cannot be shown as the name": name.isprintable() and not set(name) & set('",='),
        f"{stream.path.name} is not the file": stream.path.is_file(),
    }  # fmt: skip
    return next((why for why, fine in tests.items() if not fine), "")
