"""Find the secret that signs links: in the environment, else in a file that is made once.

Whoever holds it can mint links, and every server that holds it honours them, so that an edge can
check a token that the origin signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.errors import MarqueeError
from serving_export.titles.master_key import secret_of

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
    return secret_of(VARIABLE, folder / FILE, BadLinkSecret, environment)
