"""Lay out one page in bytes, so that any reader of any age reads what it knows.

A record is one zstd frame (content size and checksum on, with the dictionary of its version). Its
body starts with the schema id (one byte) and goes on in fields; every number is little-endian:

    field   tag u8, length u16, then as many bytes
    1 version      UTF-8
    2 stamp        16 bytes, the hash of the manifest's content
    3 night        i32, days since 1970-01-01
    4 region       UTF-8, empty where the page is for everywhere
    5 flags        u8, bit 0: this is the popular page, not a personal one
    6 names        R x w, the place of each row's name in the version's list
    7 kinds        R x w, the place of each row's source in the version's list
    8 because_of   R x w, the code of the title that explains the row, 0 for none
    9 slots        R x u8, how many titles each row holds
    10 titles      N x w, title codes, row after row, slot after slot; 1 is the first title
    11 sources     N x w, source bits of each slot; bit i is the version's i-th source
    12 explored    (u16 slot on the page, f32 propensity) for each slot whose propensity is not 1

A width w is 1, 2 or 4 bytes: the field's length divided by its count says which. A field that
would be empty may be absent. A reader skips the tags it does not know; what an older reader must
not skip gets a new schema id. `docs/adr/` says why.
"""

from __future__ import annotations

import hashlib
import struct
from datetime import date
from itertools import accumulate
from operator import itemgetter
from typing import Any, NamedTuple

import zstandard

from serving_export.errors import BadProfile, BadRecord

SCHEMA = 1
MOST_BODY_BYTES = 1 << 20
"""A body larger than this is refused before it is unpacked: a page is some hundred bytes."""
MOST_FIELD_BYTES = 0xFFFF
MOST_SLOTS_IN_ROW = 0xFF
LONGEST_KEY_TEXT = 500
"""LMDB keys end at 511 bytes; a longer id is keyed by its hash."""
PART = b"z"
"""Keys of parts come behind those of pages, so that they can be made while pages are written."""
EPOCH = date(1970, 1, 1).toordinal()

VERSION, STAMP, NIGHT, REGION, FLAGS = range(1, 6)
NAMES, KINDS, BECAUSE_OF, SLOTS, TITLES, SOURCES, EXPLORED = range(6, 13)
POPULAR_FLAG = 1
WIDTH_LETTERS = {1: "B", 2: "H", 4: "I"}
EXPLORED_SLOT = struct.Struct("<Hf")
FIELD_HEAD = struct.Struct("<BH")


class Row(NamedTuple):
    """One shelf of a page; the three tuples run slot by slot."""

    name: str
    source: str
    because_of: str | None
    title_ids: tuple[str, ...]
    source_bits: tuple[int, ...]
    propensities: tuple[float, ...]


class Page(NamedTuple):
    """All rows of one profile, or the popular page of a region, with where they come from."""

    version: str
    stamp: str
    night: date
    region: str
    popular: bool
    rows: tuple[Row, ...]


class Legend(NamedTuple):
    """What the codes of a version's records mean."""

    title_ids: tuple[str | None, ...]
    """Title code to id; code 0 is no title."""
    names: tuple[str, ...]
    """What rows are called."""
    kinds: tuple[str, ...]
    """The algorithms that rows come from."""
    sources: tuple[str, ...]
    """Bit number to the candidate source that it stands for."""


def page_key(profile_id: str) -> bytes:
    """The key of a profile's page; raises BadProfile for what is no text."""
    return _key(b"p", b"q", profile_id)


def popular_key(region: str) -> bytes:
    """The key of a region's popular page; '' is the one for everywhere."""
    return _key(b"r", b"s", region)


def part_key(name: str, part: int) -> bytes:
    """The key of one part of something that a version holds beside its pages."""
    return PART + f"{name}/{part:04d}".encode()


def _key(plain: bytes, hashed: bytes, name: str) -> bytes:
    if not isinstance(name, str):
        raise BadProfile(f"is of type {type(name).__name__}")
    try:
        text = name.encode()
    except UnicodeEncodeError:
        raise BadProfile("holds characters that UTF-8 cannot write") from None
    if len(text) <= LONGEST_KEY_TEXT:
        return plain + text
    return hashed + hashlib.sha256(text).digest()


def header(version: str, stamp: str, night: date) -> bytes:
    """The bytes with which every body of a version starts."""
    return bytes([SCHEMA]) + b"".join((
        field(VERSION, version.encode()),
        field(STAMP, bytes.fromhex(stamp)),
        field(NIGHT, struct.pack("<i", night.toordinal() - EPOCH)),
    ))  # fmt: skip


def field(tag: int, payload: bytes) -> bytes:
    """One field; raises BadRecord when it is too long for its length."""
    if len(payload) > MOST_FIELD_BYTES:
        raise BadRecord(f"field {tag} has {len(payload):,} bytes")
    return FIELD_HEAD.pack(tag, len(payload)) + payload if payload else b""


def width(largest: int) -> int:
    """How many bytes a number needs: 1, 2 or 4."""
    return 1 if largest < 1 << 8 else 2 if largest < 1 << 16 else 4


def encode_body(page: Page, legend: Legend) -> bytes:
    """One page as a body, slot by slot: the plain form of what `batches` does for many at once."""
    codes = {title_id: code for code, title_id in enumerate(legend.title_ids)}
    wide = width(len(legend.title_ids) - 1)
    bits = [bit for row in page.rows for bit in row.source_bits]
    chances = [chance for row in page.rows for chance in row.propensities]
    explored = [(slot, chance) for slot, chance in enumerate(chances) if chance != 1.0]
    titles = [codes[title_id] for row in page.rows for title_id in row.title_ids]
    names = [legend.names.index(row.name) for row in page.rows]
    kinds = [legend.kinds.index(row.source) for row in page.rows]
    return header(page.version, page.stamp, page.night) + b"".join((
        field(REGION, page.region.encode()),
        field(FLAGS, bytes([POPULAR_FLAG * page.popular])),
        field(NAMES, _pack(width(len(legend.names) - 1), names)),
        field(KINDS, _pack(width(len(legend.kinds) - 1), kinds)),
        field(BECAUSE_OF, _pack(wide, [codes[row.because_of] for row in page.rows])),
        field(SLOTS, _pack(1, [len(row.title_ids) for row in page.rows])),
        field(TITLES, _pack(wide, titles)),
        field(SOURCES, _pack(width((1 << len(legend.sources)) - 1), bits)),
        field(EXPLORED, b"".join(EXPLORED_SLOT.pack(*slot) for slot in explored)),
    ))  # fmt: skip


def _pack(wide: int, numbers: list[int]) -> bytes:
    try:
        return struct.pack(f"<{len(numbers)}{WIDTH_LETTERS[wide]}", *numbers)
    except struct.error as unfit:
        raise BadRecord(f"a number does not fit its field ({unfit})") from None


def decode_body(body: bytes, legend: Legend) -> Page:
    """One page out of a body; raises BadRecord unless every part of it holds together."""
    try:
        return _decode(body, legend)
    except (struct.error, ValueError, LookupError, ArithmeticError) as broken:
        raise BadRecord(f"its body is broken ({type(broken).__name__}: {broken})") from None


def _decode(body: bytes, legend: Legend) -> Page:
    fields = split_fields(body)
    slots = fields[SLOTS]
    names, kinds, because_of = (
        _numbers(fields[tag], len(slots)) for tag in (NAMES, KINDS, BECAUSE_OF)
    )
    ends = tuple(accumulate(slots))
    titles, bits = (_numbers(fields[tag], ends[-1]) for tag in (TITLES, SOURCES))
    if len(fields[STAMP]) != 16 or 0 in titles:
        raise ValueError("a stamp or a title is missing")
    # one look-up of many: four times as fast as many of one; with one it would give no tuple
    ids: tuple[Any, ...] = itemgetter(0, *titles)(legend.title_ids)[1:]
    chances = _chances(fields.get(EXPLORED, b""), ends[-1])
    rows = tuple(
        Row(
            legend.names[name],
            legend.kinds[kind],
            legend.title_ids[why],
            ids[a:b],
            bits[a:b],
            chances[a:b],
        )
        for name, kind, why, a, b in zip(names, kinds, because_of, (0, *ends), ends, strict=False)
    )
    (day,) = struct.unpack("<i", fields[NIGHT])
    return Page(
        fields[VERSION].decode(), fields[STAMP].hex(), date.fromordinal(day + EPOCH),
        fields.get(REGION, b"").decode(), bool(fields.get(FLAGS, b"\0")[0] & POPULAR_FLAG), rows,
    )  # fmt: skip


def split_fields(body: bytes) -> dict[int, bytes]:
    """Tag to payload; raises BadRecord for another schema, ValueError for a cut or doubled field."""
    if not body or body[0] != SCHEMA:
        found = body[0] if body else "none"
        raise BadRecord(f"it has schema {found} and this reader knows {SCHEMA}")
    fields: dict[int, bytes] = {}
    at, end = 1, len(body)
    while at < end:
        tag, length = FIELD_HEAD.unpack_from(body, at)
        at += FIELD_HEAD.size + length
        if at > end or tag in fields:
            raise ValueError(f"field {tag} is cut or doubled")
        fields[tag] = body[at - length : at]
    return fields


def _numbers(payload: bytes, count: int) -> tuple[int, ...]:
    if len(payload) != count * (wide := len(payload) // count):
        raise ValueError(f"{len(payload)} bytes hold no {count} numbers")
    return struct.unpack(f"<{count}{WIDTH_LETTERS[wide]}", payload)


def _chances(payload: bytes, count: int) -> tuple[float, ...]:
    chances = [1.0] * count
    for slot, chance in EXPLORED_SLOT.iter_unpack(payload):
        if not 0.0 < chance <= 1.0:
            raise ValueError(f"the propensity {chance} is none")
        chances[slot] = chance
    return tuple(chances)


class Unpacker:
    """Unpack the records of one version; one for each thread, as zstd contexts are not shared."""

    def __init__(self, dictionary: bytes) -> None:
        shared = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
        self._zstd = zstandard.ZstdDecompressor(dict_data=shared)

    def body(self, record: bytes) -> bytes:
        """The body of a record; raises BadRecord for anything but one whole frame."""
        try:
            size = zstandard.frame_content_size(record)
            if not 0 <= size <= MOST_BODY_BYTES:
                raise BadRecord(f"it claims {size:,} bytes")
            return self._zstd.decompress(record, allow_extra_data=False)
        except zstandard.ZstdError as broken:
            raise BadRecord(f"it does not unpack ({broken})") from None
