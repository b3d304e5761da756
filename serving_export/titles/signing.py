"""Sign what a viewer may fetch and until when, as a token that stands first in the path.

A player makes a segment's address from its playlist's, so a token in front is kept and one in a
query would be lost. The token is the expiry and an HMAC-SHA256 of title, version and expiry.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from lakehouse.errors import MarqueeError
from serving_export.titles.refusals import ExpiredLink, ForgedLink

LIVE = "live"
"""Signed in place of a version: its holder may ask for tokens of the version that is live."""
LICENCE = "licence"
"""Signed in place of a version: its holder may ask for the title's keys, and for nothing else."""
RENEWAL = "renewal "
"""Signed in front of a version: its holder may ask for fresh tokens of that version."""
SKEW_SECONDS = 60
"""How far the clocks of who signs and who checks may be apart."""
SECRET_BYTES = 32  # as long as the hash: RFC 2104 section 3 advises against less
EXPIRY_BYTES = 8
MAC_BYTES = hashlib.sha256().digest_size


class WeakSecret(MarqueeError):
    """A secret is too short to sign with."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"The secret that signs links has {found} bytes and needs {SECRET_BYTES}, so nothing "
            "was signed: make one with python -c 'import secrets; print(secrets.token_hex(32))'."
        )


def sign(secret: bytes, title_id: str, version: str, expires: int) -> str:
    """The token for one version of a title until `expires`, in seconds since 1970.

    54 characters that need no quoting in a URL. Raises WeakSecret.
    """
    stamp = expires.to_bytes(EXPIRY_BYTES, "big")
    return _text(stamp + _mac(secret, title_id, version, stamp))


def require(secret: bytes, token: str, title_id: str, version: str, now: float) -> int:
    """When the token expires; it is this title's and version's and its time is not over.

    Raises ForgedLink, or ExpiredLink where the signature is right and the time is not; a clock that
    runs up to SKEW_SECONDS early is forgiven.
    """
    raw = _bytes(token)
    stamp, mac = raw[:EXPIRY_BYTES], raw[EXPIRY_BYTES:]
    if not hmac.compare_digest(mac, _mac(secret, title_id, version, stamp)):
        raise ForgedLink
    expires = int.from_bytes(stamp, "big")
    if now > expires + SKEW_SECONDS:
        raise ExpiredLink
    return expires


def _mac(secret: bytes, *parts: str | bytes) -> bytes:
    if len(secret) < SECRET_BYTES:
        raise WeakSecret(len(secret))
    digest = hmac.new(secret, digestmod=hashlib.sha256)
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)  # or "ab","c" would sign "a","bc" too
    return digest.digest()


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(token: str) -> bytes:
    """The bytes of a token that is spelled exactly as `sign` spells; raises ForgedLink."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError:
        raise ForgedLink from None
    if len(raw) != EXPIRY_BYTES + MAC_BYTES or _text(raw) != token:
        raise ForgedLink
    return raw
