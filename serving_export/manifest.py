"""Record everything that made a version: what its stamp hashes, and what only stands beside it.

The content part says what went in: code, tables, features, models, index, policy, seed, counts,
verdicts. Two runs that put in the same get the same stamp, on any machine and at any time. What
differs from run to run (Delta versions, run ids, times) stands beside it, unhashed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serving_export.errors import BadRecord
from serving_export.parts import from_json, join, to_json

if TYPE_CHECKING:
    from serving_export.parts import Source

Json = dict[str, Any]
STAMP_BYTES = 16


@dataclass(frozen=True)
class Manifest:
    """What made a version; an absent part of it is null, never left out."""

    content: Json
    """Hashed; no time, path or run id may be in it."""
    beside: Json
    """Not hashed."""

    @property
    def stamp(self) -> str:
        """The first 16 bytes of the SHA-256 of the content as canonical JSON, in hex."""
        return hashlib.sha256(to_json(self.content)).digest()[:STAMP_BYTES].hex()

    def to_json(self) -> bytes:
        """The manifest as it is stored."""
        return to_json({"stamp": self.stamp, "content": self.content, "beside": self.beside})


def read_manifest(stored: bytes) -> Manifest:
    """The manifest that `to_json` wrote; raises BadRecord when its stamp is not its content's."""
    found: Json = from_json(stored)
    try:
        manifest = Manifest(found["content"], found["beside"])
        stamp = found["stamp"]
    except KeyError as missing:
        raise BadRecord(f"its version's manifest has no {missing}") from None
    if manifest.stamp != stamp:
        raise BadRecord("its version's manifest was changed after it was stamped")
    return manifest


def manifest_of(source: Source) -> Manifest:
    """The manifest that a version holds."""
    return read_manifest(join("manifest", source))
