"""Read from an MP4 initialization segment how it is protected (ISO/IEC 14496-12 and 23001-7)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTAINERS = {
    b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0, b"sinf": 0, b"schi": 0, b"stsd": 8,
    b"encv": 78, b"enca": 28,
}  # fmt: skip
"""Boxes that hold boxes, and how many bytes of their own come first."""
KEY_ID = slice(8, 24)
"""Of tenc: after version, flags, two bytes of the pattern, whether protected, and the IV's size."""


@dataclass(frozen=True)
class Protected:
    """How a track is protected."""

    scheme: str
    """cbcs or cenc; empty where it is clear."""
    key_id: str
    """32 hex digits; empty where it is clear."""


def protected(init: bytes) -> Protected:
    """The protection that an initialization segment declares; raises ValueError."""
    scheme = key_id = ""
    for name, body in _walk(init):
        if name == b"schm":
            scheme = body[4:8].decode("latin-1")
        elif name == b"tenc":
            key_id = body[KEY_ID].hex()
    return Protected(scheme, key_id)


def _walk(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        if size < 8 or at + size > len(content):
            raise ValueError(f"box {name!r} does not fit")
        body = content[at + 8 : at + size]
        yield name, body
        if name in CONTAINERS:
            yield from _walk(body[CONTAINERS[name] :])
        at += size
