"""No two streams share a vector under one key, equal input has an equal one, keys stay in memory."""

from __future__ import annotations

import stat
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.protection import in_memory, initial_vector, words
from serving_export.titles.keys import Key

NAMES = st.text("abcdefgh0123456789-", min_size=1, max_size=20)
VALUES = st.binary(min_size=16, max_size=16)
SCHEMES = st.sampled_from(["cbcs", "cenc"])


@given(scheme=SCHEMES, value=VALUES, names=st.tuples(NAMES, NAMES), hashes=st.tuples(NAMES, NAMES))
def test_a_vector_is_of_one_key_scheme_name_and_content(
    scheme: str, value: bytes, names: tuple[str, str], hashes: tuple[str, str]
) -> None:
    key = Key("ab" * 16, value)
    first = initial_vector(key, scheme, names[0], hashes[0])
    assert first == initial_vector(key, scheme, names[0], hashes[0])
    assert len(first) == {"cbcs": 32, "cenc": 16}[scheme]
    same = (names[0], hashes[0]) == (names[1], hashes[1])
    assert (first == initial_vector(key, scheme, names[1], hashes[1])) == same
    other = Key(key.id, bytes(byte ^ 1 for byte in value))
    assert first != initial_vector(other, scheme, names[0], hashes[0])


def test_a_name_cannot_pass_for_part_of_the_content() -> None:
    key = Key("ab" * 16, bytes(16))
    assert initial_vector(key, "cenc", "a", "bc") != initial_vector(key, "cenc", "ab", "c")


def test_the_systems_of_each_scheme() -> None:
    """CommonSystem beside skd:// gives HLS a key format that stops players."""
    assert "--protection_systems=Widevine,PlayReady,FairPlay" in words("cbcs", "skd://m/t")
    assert "--protection_systems=Widevine,PlayReady" in words("cenc", "skd://m/t")
    assert not any("skd" in word for word in words("cenc", "skd://m/t"))
    assert words("none", "skd://m/t") == []


def test_a_file_in_memory_is_of_no_folder_and_ends_with_its_use() -> None:
    with in_memory("secret\n") as path:
        assert Path(path).read_text() == "secret\n"
        assert Path(path).resolve().name.startswith("memfd:marquee")
        folder = Path(path).parent.stat()
        assert stat.S_IMODE(folder.st_mode) & 0o077 == 0  # nobody else can follow the path
    assert not Path(path).exists()
