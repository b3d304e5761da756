"""Give the key ring another master key, so that an old one, or a copy of it, opens it no longer."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from lakehouse.errors import MarqueeError
from lakehouse.locks import alone
from serving_export.titles.keys import KeyRing
from serving_export.titles.master_key import (
    FILE,
    MASTER_BYTES,
    NEXT_FILE,
    NEXT_VARIABLE,
    VARIABLE,
    BadMasterKey,
    key_in,
    key_of,
    sync_folder,
    write_private,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class NoNextMasterKey(MarqueeError):
    """The master key is in the environment, and the one that is to follow it is not."""

    def __init__(self) -> None:
        super().__init__(
            f"The master key comes from {VARIABLE}, and {NEXT_VARIABLE} does not hold the 64 hex "
            "digits of the next one, so the ring stays as it is: set it, for instance to what "
            "openssl rand -hex 32 prints, and keep that where you keep the other."
        )


def remaster(folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Encrypt the ring under the next master key and say where that one is.

    It is drawn into a file beside the one in use, or stands in the environment where that one does;
    until all is done either opens the ring, so a change that is killed goes on with the key that it
    had drawn. Raises NoNextMasterKey, and what opening the ring raises.
    """
    said = os.environ if environment is None else environment
    if VARIABLE in said:
        key = key_in(said.get(NEXT_VARIABLE, ""), NEXT_VARIABLE, lambda _: NoNextMasterKey())
        KeyRing.found(folder, said).lock_anew(key)
        return NEXT_VARIABLE
    with alone(folder / "remaster.lock"):
        ring, drawn = KeyRing.found(folder, said), folder / NEXT_FILE
        if not drawn.exists():
            write_private(drawn, secrets.token_hex(MASTER_BYTES).encode())
        ring.lock_anew(key_of(drawn, BadMasterKey))
        drawn.replace(folder / FILE)
        sync_folder(folder)
    return str(folder / FILE)
