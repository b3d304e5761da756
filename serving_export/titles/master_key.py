"""Find the master key that the key ring is encrypted with: in the environment, else in a file."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from lakehouse.errors import MarqueeError
from lakehouse.locks import alone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

VARIABLE, NEXT_VARIABLE = "MARQUEE_TITLES_KEY", "MARQUEE_TITLES_NEXT_KEY"
FILE, NEXT_FILE, RING = "master.key", "master.key.next", "ring"
MASTER_BYTES = 32  # AES-256; HMAC-SHA-256 wants as many
HEX_64 = re.compile(r"[0-9a-fA-F]{64}")


class BadMasterKey(MarqueeError):
    """What should be the master key is none."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"{where} does not hold 64 hex digits, so the keys of titles stay locked: set it to the "
            "master key that the ring was made with."
        )


class MissingMasterKey(MarqueeError):
    """There is a key ring, and nothing that opens it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The key ring in {folder} needs its master key, which is neither in {VARIABLE} nor in "
            f"{FILE} beside it, so titles can be neither packaged nor played: restore either one."
        )


class ReadableByOthers(MarqueeError):
    """A secret file can be read by others than its owner."""

    def __init__(self, file: Path, mode: int) -> None:
        super().__init__(
            f"{file} has mode {mode:03o}, so others can read or change it and it was not used: "
            f"chmod 600 {file}, and make a fresh one if others have used this machine."
        )


def master_key(folder: Path, environment: Mapping[str, str] | None = None) -> bytes:
    """The 32 bytes that open the key ring in a folder; made once where there is no ring yet.

    Raises BadMasterKey, MissingMasterKey or ReadableByOthers; none of them shows any of the key.
    """

    def none_is_lost() -> None:
        if (folder / RING).exists():
            raise MissingMasterKey(folder)

    return secret_of(VARIABLE, folder / FILE, BadMasterKey, environment, none_is_lost)


def master_keys(folder: Path, environment: Mapping[str, str] | None = None) -> tuple[bytes, ...]:
    """The master key, and while it is changed also the next one: either may open the ring.

    Raises what `master_key` raises, and BadMasterKey of the next one.
    """
    said = os.environ if environment is None else environment
    following: tuple[bytes, ...] = ()
    if VARIABLE not in said:
        with suppress(FileNotFoundError):  # read first: it takes the place of the other in the end
            following = (key_of(folder / NEXT_FILE, BadMasterKey),)
    elif NEXT_VARIABLE in said:
        following = (key_in(said[NEXT_VARIABLE], NEXT_VARIABLE),)
    return master_key(folder, said), *following


def secret_of(
    variable: str,
    file: Path,
    bad: Callable[[str], MarqueeError],
    environment: Mapping[str, str] | None = None,
    may_make: Callable[[], None] = lambda: None,
) -> bytes:
    """32 bytes, as 64 hex digits in the environment, else in a private file that is made once.

    Raises ReadableByOthers, `bad` of the place that holds something else, and what `may_make` raises
    before a file is made.
    """
    said = (os.environ if environment is None else environment).get(variable)
    if said is not None:
        return key_in(said, variable, bad)
    with alone(file.with_suffix(".lock")):
        if not file.exists():
            may_make()
            write_private(file, secrets.token_hex(MASTER_BYTES).encode())
    return key_of(file, bad)


def key_of(file: Path, bad: Callable[[str], MarqueeError]) -> bytes:
    """The key in a private file; raises ReadableByOthers, or `bad` of the file."""
    require_private(file)
    return key_in(file.read_text(errors="replace").strip(), str(file), bad)


def key_in(said: str, place: str, bad: Callable[[str], MarqueeError] = BadMasterKey) -> bytes:
    """The 32 bytes of 64 hex digits; raises `bad` of the place that holds something else."""
    if not HEX_64.fullmatch(said):
        raise bad(place)
    return bytes.fromhex(said)


def require_private(file: Path) -> None:
    """Raise ReadableByOthers unless only the file's owner, who is us, can open it."""
    facts = file.stat()
    if facts.st_mode & 0o077 or facts.st_uid != os.geteuid():
        raise ReadableByOthers(file, facts.st_mode & 0o777)


def write_private(file: Path, content: bytes) -> None:
    """Write a file that only its owner can read; a kill leaves the old one or the new one whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".part-{file.name}")
    part.unlink(missing_ok=True)
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, so that a rename outlives a loss of power."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
