"""Protect streams by CENC (ISO/IEC 23001-7) with raw keys, and keep the keys out of sight.

Keys reach a tool by a file in memory that only this user can open and that ends with this process,
however it ends: words of a command can be read by everybody, and a file on a disk outlives a kill.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jobs.encode import tools
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jobs.encode.streams import Stream
    from serving_export.titles.keys import Key, KeySet

CBCS, CENC, NONE = "cbcs", "cenc", "none"
SYSTEMS = {CBCS: "Widevine,PlayReady,FairPlay", CENC: "Widevine,PlayReady"}
"""FairPlay decrypts cbcs only. CommonSystem stays out: with it and an skd:// address the packager
writes an identity key into HLS, which players then try to fetch by that address."""
IV_BYTES = {CBCS: 16, CENC: 8}
"""A constant IV of a whole block for CBC; half of one for CTR, whose other half counts blocks."""
IV_DOMAIN = b"marquee initialization vector 1\0"


class BadProtection(MarqueeError):
    """A title was to be protected in a way that does not exist, or without its keys."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"Nothing was packaged, because {why}: protect by cbcs or cenc with keys of the key "
            "ring, or by none without."
        )


def require_protection(protect: str, keys: KeySet | None) -> None:
    """Raise BadProtection unless the keys are there exactly where they are needed."""
    if protect not in (CBCS, CENC, NONE):
        raise BadProtection(f"{protect!r} is no protection")
    if protect != NONE and keys is None:
        raise BadProtection(f"{protect} needs keys")
    if protect == NONE and keys is not None:
        raise BadProtection("keys were given and nothing is to be protected")


def initial_vector(key: Key, protect: str, stream: str, sha256: str) -> str:
    """The IV of a stream in hex, drawn from its name and content under its key.

    Several streams share a key, and in counter mode (cenc) two plaintexts under one key and one IV
    give away their difference, so each stream needs an IV of its own; the packager's --iv would
    give all the same one. A random IV would make other bytes of the same input. HMAC-SHA256 under
    the content key is a pseudorandom function: equal content gives the equal IV and nothing else
    repeats one (in cenc the IV grows by one a sample, so that two streams of 200,000 samples meet
    with a chance of 2e-14), and without the key nobody can test what content an IV is of.
    """
    message = IV_DOMAIN + f"{protect}\0{key.id}\0{stream}\0{sha256}".encode()
    return hmac.new(key.value, message, hashlib.sha256).hexdigest()[: 2 * IV_BYTES[protect]]


def words(protect: str, address: str) -> list[str]:
    """The packager's words for a protection; none of them is a key."""
    if protect == NONE:
        return []
    fairplay = [f"--hls_key_uri={address}"] if protect == CBCS else []
    return [
        "--enable_raw_key_encryption", f"--protection_scheme={protect}",
        f"--protection_systems={SYSTEMS[protect]}", "--clear_lead=0", *fairplay,
    ]  # fmt: skip


def key_flag(
    streams: Iterable[Stream], hashes: Mapping[str, str], protect: str, keys: KeySet
) -> str:
    """The packager's flag that holds the keys; the label of each stream is its own name."""
    said = []
    for stream in streams:
        key = keys.keys[stream.label]
        vector = initial_vector(key, protect, stream.name, hashes[stream.name])
        said.append(f"label={stream.name}:key_id={key.id}:key={key.value.hex()}:iv={vector}")
    return f"--keys={','.join(said)}\n"


@contextmanager
def in_memory(content: str) -> Iterator[str]:
    """The path of a file that is in memory alone, for a tool that this process starts."""
    opened = os.memfd_create("marquee")  # no other user can follow the path below
    try:
        os.write(opened, content.encode())
        yield f"/proc/{os.getpid()}/fd/{opened}"
    finally:
        os.close(opened)


@contextmanager
def silent_on(keys: KeySet | None) -> Iterator[None]:
    """Let no error of a tool carry a key, whatever the tool said."""
    try:
        yield
    except tools.ToolFailed as error:
        for key in keys.keys.values() if keys else ():
            error.said = error.said.replace(key.value.hex(), "<key>")
            error.args = tuple(str(arg).replace(key.value.hex(), "<key>") for arg in error.args)
        raise
