"""Say what the rules of manifests share: how far lengths may differ, and what lies in a package."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

APART_SECONDS = {"video": 0.05, "audio": 0.15, "text": 0.002, "image": 0.01}
"""How far a track's length may be from the title's: a frame; some frames of sound, whose coder
begins early and ends full; else what decimals round away."""
ROUNDED_SECONDS = 0.0005
"""EXTINF has three decimals, and where segments are equal all of them are rounded the same way."""


def as_long(kind: str, lasts: float, seconds: float, roundings: int = 0) -> bool:
    """Whether a track of this kind, of so many rounded durations, lasts as long as its title."""
    return abs(lasts - seconds) <= APART_SECONDS[kind] + ROUNDED_SECONDS * roundings


def is_inside(folder: Path, uri: str) -> bool:
    """Whether an address is of a file below this folder, by its plain relative path."""
    parts = uri.split("/")
    plain = bool(uri) and ":" not in uri and not any(part in ("", ".", "..") for part in parts)
    return plain and (folder / uri).is_file()
