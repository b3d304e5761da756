"""Protection is read from the boxes of an MP4, however deep, and damage is a ValueError."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.boxes import Protected, protected


def box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), name) + body


KEY_ID = bytes(range(16))
TENC = box(b"tenc", bytes(4), bytes([0, 0x19, 1, 0]), KEY_ID, bytes([16]), bytes(16))
SINF = box(b"sinf", box(b"schm", bytes(4), b"cbcs", bytes(4)), box(b"schi", TENC))
ENCV = box(b"encv", bytes(78), box(b"avcC", b"x"), SINF)
STSD = box(b"stsd", bytes(8), ENCV)
INIT = box(b"ftyp", b"iso8") + box(
    b"moov", box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", STSD))))
)


def test_scheme_and_key_id() -> None:
    assert protected(INIT) == Protected("cbcs", KEY_ID.hex())


def test_a_clear_file_names_none() -> None:
    assert protected(box(b"moov", box(b"trak"))) == Protected("", "")


def test_a_key_id_elsewhere_does_not_count() -> None:
    """Only the box in its place says how a track is protected."""
    assert protected(box(b"free", TENC)) == Protected("", "")


@pytest.mark.parametrize("size", [0, 7, 1 << 31])
def test_a_size_that_does_not_fit(size: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        protected(struct.pack(">I4s", size, b"moov") + bytes(8))


@given(st.binary(max_size=200), st.integers(0, len(INIT) - 1))
def test_damage_never_ends_in_another_error(noise: bytes, at: int) -> None:
    for content in (noise, INIT[:at], INIT[:at] + noise + INIT[at + len(noise) :]):
        with suppress(ValueError):
            protected(content)
