"""Keep beside the pages of a version what explains them: legend, titles, dictionary, manifest."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import zstandard

from serving_export.errors import BadRecord
from serving_export.records import Legend, part_key

if TYPE_CHECKING:
    from collections.abc import Iterable

PART_BYTES = 300_000
"""DynamoDB takes 400 KB an item, name and key included."""
MOST_PARTS = 10_000
MOST_BYTES = 1 << 30
COUNT = struct.Struct("<I")


class Title(NamedTuple):
    """What a page needs to show of a title; an unknown attribute is None or empty."""

    title_id: str
    name: str | None
    year: int | None
    genres: tuple[str, ...]


class Source(Protocol):
    """Whatever gives the bytes of a key."""

    def __call__(self, keys: list[bytes]) -> dict[bytes, bytes]:
        """The values of those keys that exist."""


def split(name: str, content: bytes) -> list[tuple[bytes, bytes]]:
    """Content as records of a size that every store takes; the first says how many there are."""
    packed = zstandard.ZstdCompressor(level=3, write_checksum=True).compress(content)
    count = -(-len(packed) // PART_BYTES)
    pieces = [packed[at : at + PART_BYTES] for at in range(0, len(packed), PART_BYTES)]
    pieces[0] = COUNT.pack(count) + pieces[0]
    return [(part_key(name, number), piece) for number, piece in enumerate(pieces)]


def join(name: str, source: Source) -> bytes:
    """The content that `split` made records of; raises BadRecord when any of it is missing."""
    first = source([part_key(name, 0)]).get(part_key(name, 0), b"")
    if len(first) < COUNT.size or not 1 <= (count := COUNT.unpack_from(first)[0]) <= MOST_PARTS:
        raise BadRecord(f"its version has no {name}")
    keys = [part_key(name, number) for number in range(1, count)]
    rest = source(keys) if keys else {}
    if len(rest) != count - 1:
        raise BadRecord(f"its version lacks a part of its {name}")
    return unpack(first[COUNT.size :] + b"".join(rest[key] for key in keys))


def unpack(packed: bytes) -> bytes:
    """The content of one zstd frame of a bounded size; raises BadRecord for anything else."""
    try:
        if not 0 <= zstandard.frame_content_size(packed) <= MOST_BYTES:
            raise BadRecord("a part of its version claims too many bytes")
        return zstandard.ZstdDecompressor().decompress(packed, allow_extra_data=False)
    except zstandard.ZstdError as broken:
        raise BadRecord(f"a part of its version does not unpack ({broken})") from None


def legend_bytes(legend: Legend) -> bytes:
    """A legend as JSON."""
    return to_json({
        "titles": legend.title_ids[1:], "names": legend.names, "kinds": legend.kinds,
        "sources": legend.sources,
    })  # fmt: skip


def read_legend(content: bytes) -> Legend:
    """The legend that `legend_bytes` wrote."""
    titles, *lists = _columns(content, "titles", "names", "kinds", "sources")
    return Legend((None, *titles), *map(tuple, lists))


def titles_bytes(titles: Iterable[Title]) -> bytes:
    """Titles as JSON columns, in any order."""
    ids, names, years, genres = zip(*titles, strict=True)
    return to_json({"title_id": ids, "name": names, "year": years, "genres": genres})


def read_titles(content: bytes) -> dict[str, Title]:
    """Title id to title."""
    columns = _columns(content, "title_id", "name", "year", "genres")
    rows = zip(*columns, strict=True)
    return {row[0]: Title(row[0], row[1], row[2], tuple(row[3])) for row in rows}


def _columns(content: bytes, *names: str) -> list[list[Any]]:
    found = from_json(content)
    if missing := [name for name in names if not isinstance(found.get(name), list)]:
        raise BadRecord(f"a part of its version has no list of {missing[0]}")
    return [found[name] for name in names]


def to_json(content: object) -> bytes:
    """Canonical JSON: the same content gives the same bytes."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def from_json(content: bytes) -> dict[str, Any]:
    """A JSON object; raises BadRecord for anything else."""
    try:
        found = json.loads(content)
    except ValueError as broken:
        raise BadRecord(f"a part of its version is no JSON ({broken})") from None
    if not isinstance(found, dict):
        raise BadRecord("a part of its version is no JSON object")
    return found
