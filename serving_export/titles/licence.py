"""Answer a player that asks for the keys of a title, as ClearKey writes it (W3C EME, section 9.1).

ClearKey keeps no secret from the viewer: it lets protected titles play on loopback and in tests.
Widevine, PlayReady and FairPlay servers answer at this same place in production.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Protocol

from serving_export.titles.refusals import BadRequest, UnknownKey

LARGEST_REQUEST = 4096
"""Bytes; three key ids take 120."""
MOST_KEYS = 16
KEY_BYTES = 16


class Keys(Protocol):
    """What knows the keys of titles and writes down who took them."""

    def key_of(self, title_id: str, key_id: str) -> bytes | None:
        """The 16 bytes of a key by its id in hex; None where it is not this title's."""
        ...


def answer(body: bytes, title_id: str, keys: Keys) -> bytes:
    """The JSON Web Keys of those asked-for key ids that belong to the title.

    Raises BadRequest for what is not a request, UnknownKey where no key may be given.
    """
    found = {kid: keys.key_of(title_id, kid.hex()) for kid in _asked(body)}
    given = [
        {"kty": "oct", "kid": _text(kid), "k": _text(key)} for kid, key in found.items() if key
    ]
    if not given:
        raise UnknownKey
    return json.dumps({"keys": given, "type": "temporary"}).encode()


def _asked(body: bytes) -> list[bytes]:
    """The key ids of a request, each once, in its order."""
    try:
        said = json.loads(body[: LARGEST_REQUEST + 1])
        kids, kind = said["kids"], said.get("type")
        ids = list(dict.fromkeys(_bytes(kid) for kid in kids)) if isinstance(kids, list) else []
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BadRequest("is no ClearKey licence request") from None
    if kind not in (None, "", "temporary"):  # a stored licence would outlive the link
        raise BadRequest("asks for a licence to keep")
    if not 1 <= len(ids) <= MOST_KEYS or any(len(kid) != KEY_BYTES for kid in ids):
        raise BadRequest(f"does not ask for 1 to {MOST_KEYS} keys")
    return ids


def _bytes(text: str) -> bytes:
    raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if _text(raw) != text:
        raise ValueError("not spelled as base64url")
    return raw


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
