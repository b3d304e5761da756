"""Find the secret that signs links: in the environment, else in a file that is made once.

Whoever holds it can mint links, and every server that holds it honours them, so that an edge can
check a token that the origin signed.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from lakehouse.errors import MarqueeError
from lakehouse.locks import alone
from serving_export.titles.master_key import HEX_64, require_private, write_private
from serving_export.titles.signing import SECRET_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VARIABLE = "MARQUEE_LINK_SECRET"
FILE = "link.secret"


class BadLinkSecret(MarqueeError):
    """What should be the secret of links is none."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"{where} does not hold 64 hex digits, so no link can be signed or checked: give it "
            "the secret of the other servers, or take it away and a fresh one is made."
        )


def link_secret(folder: Path, environment: Mapping[str, str] | None = None) -> bytes:
    """The 32 bytes that sign links here and on every server with the same; made where there are none.

    Raises BadLinkSecret or ReadableByOthers; neither shows any of the secret.
    """
    said = (os.environ if environment is None else environment).get(VARIABLE)
    if said is not None:
        return _parsed(said, VARIABLE)
    file = folder / FILE
    with alone(folder / "link.lock"):
        if not file.exists():
            write_private(file, secrets.token_hex(SECRET_BYTES).encode())
    require_private(file)
    return _parsed(file.read_text(errors="replace").strip(), str(file))


def _parsed(text: str, where: str) -> bytes:
    if not HEX_64.fullmatch(text):
        raise BadLinkSecret(where)
    return bytes.fromhex(text)
