"""Encrypt and decrypt what a key ring holds: AES-256-GCM under a master key."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from lakehouse.errors import MissingExtra
from serving_export.titles.master_key import MASTER_BYTES, BadMasterKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    Titles = dict[str, dict[str, Any]]

MAGIC = b"marquee-ring-1\n"
NONCE_BYTES = 12  # NIST SP 800-38D, section 8.2; drawn anew for each of the few writes


def seal(titles: Titles, master_key: bytes) -> bytes:
    """What is stored: a mark of the format, a nonce, and the titles with their keys, encrypted."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    held = json.dumps(titles, sort_keys=True).encode()
    return MAGIC + nonce + cipher(master_key).encrypt(nonce, held, MAGIC)


def unseal(stored: bytes, master_key: bytes) -> Titles | None:
    """The titles with their keys; None where this master key does not open it, or it was altered."""
    opener = cipher(master_key)
    from cryptography.exceptions import InvalidTag

    magic, rest = stored[: len(MAGIC)], stored[len(MAGIC) :]
    try:
        titles: Titles = json.loads(opener.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], magic))
    except (InvalidTag, ValueError):
        return None
    return titles


def cipher(master_key: bytes) -> AESGCM:
    """What encrypts under a master key; raises BadMasterKey of a length that promises less, MissingExtra."""
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ModuleNotFoundError:
        raise MissingExtra("cryptography", "encode") from None
    if len(master_key) != MASTER_BYTES:
        raise BadMasterKey("The given master key")
    return AESGCM(master_key)
