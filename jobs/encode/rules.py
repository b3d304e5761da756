"""Say what the rules of manifests share: how far lengths may differ, how long segments are, what lies in a package."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

APART_SECONDS = {"video": 0.05, "audio": 0.15, "text": 0.002, "image": 0.01}
"""How far a track's length may be from the title's: a frame; some frames of sound, whose coder
begins early and ends full; else what decimals round away."""
ROUNDED_SECONDS = 0.0005
"""EXTINF has three decimals, and where segments are equal all of them are rounded the same way."""

SEGMENT_SECONDS = (2.0, 10.0)
"""At most ten of a title's clock: sound is cut at whole frames of its coder, so that a piece of it may be
longer by what a whole track may."""


def as_long(kind: str, lasts: float, seconds: float, roundings: int = 0) -> bool:
    """Whether a track of this kind, of so many rounded durations, lasts as long as its title."""
    return abs(lasts - seconds) <= APART_SECONDS[kind] + ROUNDED_SECONDS * roundings


def odd_segment(seconds: Sequence[float]) -> str:
    """What is wrong with the lengths of these segments: each but the last, which ends with the title, is
    long enough to be worth a request and short enough for a player to change in time."""
    shortest, longest = SEGMENT_SECONDS
    most = longest + APART_SECONDS["audio"]
    for place, lasts in enumerate(seconds, 1):
        if lasts > most or (lasts < shortest and place < len(seconds)):
            return f"has a segment of {lasts:.3f} s, which is not of {shortest:g} to {longest:g} s"
    return ""


def is_inside(folder: Path, uri: str) -> bool:
    """Whether an address is of a file below this folder, by its plain relative path."""
    parts = uri.split("/")
    plain = bool(uri) and ":" not in uri and not any(part in ("", ".", "..") for part in parts)
    return plain and (folder / uri).is_file()
