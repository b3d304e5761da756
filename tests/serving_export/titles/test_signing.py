"""A token opens its title and version until its time is over, and nothing else."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_export.titles.refusals import ExpiredLink, ForgedLink
from serving_export.titles.signing import SKEW_SECONDS, WeakSecret, require, sign

SECRET = bytes(range(32))
secrets = st.binary(min_size=32, max_size=32)  # HMAC takes a zero at a key's end for none
names = st.text(max_size=20)
times = st.integers(0, 2**40)


@given(secrets, names, names, times)
def test_what_was_signed_is_accepted_until_it_expires(
    secret: bytes, title: str, version: str, expires: int
) -> None:
    token = sign(secret, title, version, expires)

    assert require(secret, token, title, version, expires) == expires


@given(secrets, names, names, times)
def test_a_token_needs_no_quoting_in_a_path(
    secret: bytes, title: str, version: str, expires: int
) -> None:
    token = sign(secret, title, version, expires)

    assert len(token) == 54
    assert token.replace("-", "").replace("_", "").isalnum()
    assert token.isascii()


@given(st.tuples(secrets, names, names), st.tuples(secrets, names, names), times)
def test_a_token_opens_nothing_else(
    signed: tuple[bytes, str, str], asked: tuple[bytes, str, str], expires: int
) -> None:
    if signed == asked:
        return
    token = sign(*signed, expires)

    with pytest.raises(ForgedLink):
        require(asked[0], token, asked[1], asked[2], 0)


def test_names_cannot_borrow_letters_from_each_other() -> None:
    # joined without their lengths, "ab" + "c" and "a" + "bc" would have one signature
    with pytest.raises(ForgedLink):
        require(SECRET, sign(SECRET, "ab", "c", 9), "a", "bc", 0)


@given(st.integers(0, 53), st.sampled_from("ABab01-_ .=é\0/"))
def test_each_letter_counts(place: int, letter: str) -> None:
    token = sign(SECRET, "title", "version", 1000)
    changed = token[:place] + letter + token[place + 1 :]
    if changed == token:
        return

    with pytest.raises(ForgedLink):  # the last letter too, whose low bits stand for nothing
        require(SECRET, changed, "title", "version", 0)


@given(st.text(max_size=80))
def test_noise_is_forged(token: str) -> None:
    with pytest.raises(ForgedLink):
        require(SECRET, token, "title", "version", 0)


def test_padding_and_longer_tokens_are_forged() -> None:
    token = sign(SECRET, "title", "version", 1000)

    for other in (token + "==", token + "A", token + "AAAA", token[:-1], f" {token}", ""):
        with pytest.raises(ForgedLink):
            require(SECRET, other, "title", "version", 0)


def test_a_clock_that_runs_early_is_forgiven() -> None:
    token = sign(SECRET, "title", "version", 1000)

    assert require(SECRET, token, "title", "version", 1000 + SKEW_SECONDS) == 1000
    with pytest.raises(ExpiredLink, match="has expired"):
        require(SECRET, token, "title", "version", 1000 + SKEW_SECONDS + 0.001)


def test_a_forged_token_is_not_called_expired() -> None:
    # the time stands in the open: only a right signature makes it a fact
    token = sign(SECRET, "other", "version", 1000)

    with pytest.raises(ForgedLink):
        require(SECRET, token, "title", "version", 10**9)


def test_a_short_secret_signs_nothing() -> None:
    with pytest.raises(WeakSecret, match="has 31 bytes and needs 32"):
        sign(SECRET[:31], "title", "version", 1000)


def test_the_format_stays() -> None:
    # edges check with code of their own: another spelling would lock out every viewer
    token = sign(SECRET, "bikes", "0123456789abcdef", 2_000_000_000)

    parts = (b"bikes", b"0123456789abcdef", (2_000_000_000).to_bytes(8, "big"))
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    mac = hmac.digest(SECRET, message, "sha256")
    assert urlsafe_b64decode(token + "==") == parts[2] + mac
    assert token == "AAAAAHc1lACKhjia_2-ErMWojrhzSE3QLk9oxLUIO2KXAPgJ820IMA"  # noqa: S105
