"""A record means the same to every reader: golden bytes, older and newer writers, broken bytes."""

from __future__ import annotations

import struct
from datetime import date
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from serving_export.errors import BadProfile, BadRecord
from serving_export.records import (
    Legend,
    Page,
    Row,
    Unpacker,
    decode_body,
    encode_body,
    field,
    page_key,
    popular_key,
)

GOLDEN = Path(__file__).parent / "golden"
LEGEND = Legend(
    (None, "t1", "t2", "ü/3", *(f"x{number}" for number in range(300))),
    ("Top picks", "Because you watched Ü"),
    ("top_picks", "because_you_watched"),
    ("two_tower", "co_watch", "popular"),
)
PAGE = Page(
    "2026-01-10-00112233", "000102030405060708090a0b0c0d0e0f", date(2026, 1, 10), "DE", False,
    (
        # the second slot is explored: one of 20 with equal chances
        Row("Top picks", "top_picks", None, ("t2", "x299", "t1"), (1, 4, 3), (1.0, 0.05000000074505806, 1.0)),
        Row("Because you watched Ü", "because_you_watched", "t1", ("ü/3",), (2,), (1.0,)),
    ),
)  # fmt: skip
BODY = encode_body(PAGE, LEGEND)


def test_the_bytes_of_a_page_are_golden() -> None:
    # a change here breaks every reader in the field: it needs a new field tag or a new schema id
    assert BODY.hex() == (GOLDEN / "schema-1.hex").read_text().strip()
    assert decode_body(BODY, LEGEND) == PAGE


def test_a_record_of_an_older_writer_is_read() -> None:
    # packed by the first release, with the dictionary of its version
    dictionary = (GOLDEN / "schema-1.dictionary").read_bytes()
    record = (GOLDEN / "schema-1.record").read_bytes()
    assert decode_body(Unpacker(dictionary).body(record), LEGEND) == PAGE


def test_a_reader_skips_what_a_newer_writer_added() -> None:
    newer = BODY + field(200, b"artwork") + field(99, b"\x01")
    assert decode_body(newer, LEGEND) == PAGE


def test_the_first_reader_ever_reads_what_is_written_today() -> None:
    """The layout as its page says it, read by code that shares nothing with the writer."""
    found, at = {}, 1
    while at < len(BODY):
        tag, length = BODY[at], int.from_bytes(BODY[at + 1 : at + 3], "little")
        found[tag] = BODY[at + 3 : at + 3 + length]
        at += 3 + length
    assert BODY[0] == 1
    assert found[1] == b"2026-01-10-00112233"
    assert found[2] == bytes(range(16))
    assert int.from_bytes(found[3], "little") == (date(2026, 1, 10) - date(1970, 1, 1)).days
    assert (found[4], found[5]) == (b"DE", b"\0")
    assert found[6] == found[7] == bytes([0, 1])
    # 303 titles need two bytes a code: t1 is 1, x299 is 303 = 0x012f
    assert found[8] == bytes([0, 0, 1, 0])
    assert found[9] == bytes([3, 1])
    assert found[10] == bytes([2, 0, 0x2F, 0x01, 1, 0, 3, 0])
    assert found[11] == bytes([1, 4, 3, 2])
    assert struct.unpack("<Hf", found[12]) == (1, pytest.approx(0.05))


@pytest.mark.parametrize("titles", [3, 300, 70_000])
def test_codes_are_as_wide_as_the_catalogue_needs(titles: int) -> None:
    legend = LEGEND._replace(title_ids=(None, *(f"t{number}" for number in range(titles))))
    last = Row(
        "Top picks", "top_picks", f"t{titles - 1}", (f"t{titles - 1}", "t0"), (1, 1), (1.0, 1.0)
    )
    page = PAGE._replace(rows=(last,))
    assert decode_body(encode_body(page, legend), legend) == page


def test_a_page_of_another_schema_names_both() -> None:
    with pytest.raises(BadRecord, match="it has schema 2 and this reader knows 1"):
        decode_body(b"\x02" + BODY[1:], LEGEND)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (b"", "schema none"),
        (BODY[:-1], "cut or doubled"),
        (BODY + field(1, b"again"), "cut or doubled"),
        (BODY[:1], "KeyError"),  # no field at all
        (BODY.replace(field(9, b"\x03\x01"), field(9, b"\x03\x02")), "hold no"),
        (BODY.replace(field(9, b"\x03\x01"), field(9, b"\x00\x00")), "ZeroDivisionError"),
        (BODY.replace(field(6, b"\x00\x01"), field(6, b"\x00\x09")), "IndexError"),
        (BODY.replace(field(6, b"\x00\x01"), field(6, b"\x00\x01\x00\x00\x00\x00")), "KeyError"),
        (BODY.replace(b"\x2f\x01", b"\x30\x01"), "IndexError"),  # a title beyond the last
        (BODY.replace(b"\x2f\x01", b"\x00\x00"), "title is missing"),
        (BODY.replace(struct.pack("<f", 0.05), struct.pack("<f", float("nan"))), "propensity"),
        (BODY.replace(struct.pack("<f", 0.05), struct.pack("<f", 1.5)), "propensity"),
        (BODY.replace(struct.pack("<Hf", 1, 0.05), struct.pack("<Hf", 9, 0.05)), "IndexError"),
        (BODY.replace(field(4, b"DE"), field(4, b"\xff\xfe")), "UnicodeDecodeError"),
        (BODY.replace(field(2, bytes(range(16))), field(2, b"short")), "stamp"),
        (BODY.replace(BODY[45:49], b"\xff\xff\xff\x7f", 1), "body is broken"),  # the year 5 million
    ],
)  # fmt: skip
def test_a_broken_body_is_refused(broken: bytes, why: str) -> None:
    assert broken != BODY
    with pytest.raises(BadRecord, match=why):
        decode_body(broken, LEGEND)


@given(st.binary(max_size=200), st.integers(0, len(BODY)), st.integers(0, 20))
def test_hostile_bytes_give_a_page_or_a_refusal(wild: bytes, at: int, cut: int) -> None:
    hostile = BODY[:at] + wild + BODY[at + cut :]
    try:
        page = decode_body(hostile, LEGEND)
    except BadRecord:
        return
    assert all(set(row.title_ids) <= set(LEGEND.title_ids) - {None} for row in page.rows)


def test_a_flipped_bit_in_a_record_is_noticed() -> None:
    # the frame's checksum: without it a flipped bit is another film
    record = zstandard.ZstdCompressor(write_checksum=True).compress(BODY)
    unpacker = Unpacker(b"")
    assert unpacker.body(record) == BODY
    for place in range(len(record)):
        flipped = bytearray(record)
        flipped[place] ^= 1
        try:
            body = unpacker.body(bytes(flipped))
        except BadRecord:
            continue
        assert body == BODY, f"byte {place}"  # a bit that means nothing


def test_a_record_that_would_fill_the_memory_is_refused() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(50 << 20))
    with pytest.raises(BadRecord, match="claims 52,428,800 bytes"):
        Unpacker(b"").body(bomb)


@pytest.mark.parametrize("record", [b"", b"not zstd", BODY])
def test_a_record_that_is_no_frame_is_refused(record: bytes) -> None:
    with pytest.raises(BadRecord):
        Unpacker(b"").body(record)


def test_a_record_with_something_behind_it_is_refused() -> None:
    record = zstandard.ZstdCompressor().compress(BODY)
    with pytest.raises(BadRecord):
        Unpacker(b"").body(record + b"more")


def test_a_number_that_does_not_fit_is_refused() -> None:
    wide = PAGE._replace(rows=(PAGE.rows[1]._replace(source_bits=(256,)),))
    with pytest.raises(BadRecord, match="does not fit"):
        encode_body(wide, LEGEND)


@pytest.mark.parametrize(
    "profile", ["p1", "../../etc/passwd", "a/b", "\x00\x01", "ü" * 300, "x" * 9000]
)
def test_any_text_is_a_profile(profile: str) -> None:
    # LMDB takes keys of 511 bytes, DynamoDB sort keys of 1,024
    assert 0 < len(page_key(profile)) <= 511


def test_a_long_profile_is_told_from_one_that_is_called_like_its_hash() -> None:
    assert page_key("x" * 9000)[:1] != page_key("p1")[:1]


@given(st.text(), st.text())
def test_two_profiles_never_share_a_key(one: str, other: str) -> None:
    try:
        assert (page_key(one) == page_key(other)) == (one == other)
        assert page_key(one) != popular_key(other)
    except BadProfile:  # a half of a surrogate pair is no character
        assert any(0xD800 <= ord(letter) < 0xE000 for letter in one + other)


@pytest.mark.parametrize("profile", [7, None, b"p1", "\ud800"])
def test_what_is_no_text_is_refused(profile: object) -> None:
    with pytest.raises(BadProfile):
        page_key(profile)  # type: ignore[arg-type]
