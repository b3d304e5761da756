"""A player gets the keys of its title, and of no other, whatever it sends."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_export.titles.licence import answer
from serving_export.titles.refusals import BadRequest, Refusal, UnknownKey

FIRST, SECOND, OTHER = bytes([1]) * 16, bytes([2]) * 16, bytes([3]) * 16
KEY = bytes(range(16))


@dataclass(frozen=True)
class Ring:
    """Keys under ids that a test may choose; each use is written down."""

    keys: dict[str, dict[str, bytes]]
    used: list[tuple[str, str]]

    def key_of(self, title_id: str, key_id: str) -> bytes | None:
        self.used.append((title_id, key_id))
        return self.keys.get(title_id, {}).get(key_id)


def ring() -> Ring:
    return Ring({"title": {FIRST.hex(): KEY, SECOND.hex(): KEY}, "other": {OTHER.hex(): KEY}}, [])


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def request(*kids: object, **more: object) -> bytes:
    return json.dumps({"kids": list(kids), "type": "temporary"} | more).encode()


def test_the_answer_is_a_set_of_json_web_keys() -> None:
    # the shape of W3C EME section 9.1.4; no padding, or Chromium refuses it
    said = json.loads(answer(request(text(FIRST)), "title", ring()))

    assert said == {
        "keys": [{"kty": "oct", "kid": text(FIRST), "k": "AAECAwQFBgcICQoLDA0ODw"}],
        "type": "temporary",
    }


def test_keys_of_other_titles_are_left_out() -> None:
    said = json.loads(answer(request(text(FIRST), text(OTHER), text(SECOND)), "title", ring()))

    assert [key["kid"] for key in said["keys"]] == [text(FIRST), text(SECOND)]


def test_a_request_for_keys_of_others_alone_is_refused() -> None:
    with pytest.raises(UnknownKey):
        answer(request(text(OTHER)), "title", ring())
    with pytest.raises(UnknownKey):
        answer(request(text(FIRST)), "nosuch", ring())


def test_a_key_is_taken_from_the_ring_once() -> None:
    # each use stands in the audit: a player that repeats itself must not look like many
    keys = ring()
    answer(request(text(FIRST), text(FIRST)), "title", keys)

    assert keys.used == [("title", FIRST.hex())]


@pytest.mark.parametrize("kind", [None, "", "temporary"])
def test_old_players_that_do_not_say_the_type_are_answered(kind: str | None) -> None:
    assert answer(request(text(FIRST), type=kind), "title", ring())


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"7", b'"kids"', b"{}", b"\xff\xfe", b"[" * 4000, b"9" * 4096, b'{"kids": ',
        b'{"kids": 7}', b'{"kids": "AQEBAQEBAQEBAQEBAQEBAQ"}', b'{"kids": []}', b'{"kids": [7]}',
        b'{"kids": [null]}', b'{"kids": [["AQEBAQEBAQEBAQEBAQEBAQ"]]}', b'{"kids": ["A"]}',
        request(text(FIRST) + "=="), request(text(FIRST)[:-1] + "R"), request("é" * 22),
        request(text(FIRST[:15])), request(*[text(bytes([n]) * 16) for n in range(17)]),
        request(text(FIRST), type="persistent-license"), request(text(FIRST), pad="x" * 4096),
    ],
)  # fmt: skip
def test_hostile_requests_are_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        answer(body, "title", ring())


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["kids", "type", "x"]), inner),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_noise_is_refused_and_never_fails(body: bytes) -> None:
    with pytest.raises(Refusal):
        answer(body, "title", ring())
