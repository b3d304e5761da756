"""Let pages of named origins fetch what a token opens, and nothing else (Fetch standard, CORS).

A token in the path is all the proof there is; no cookie is ever looked at, so credentials stay
forbidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lakehouse.settings import BadSetting

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNED = "/t/"
SHARED = "Cross-Origin-Resource-Policy"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Range, If-None-Match, If-Range",
    "Access-Control-Max-Age": "7200",  # the longest that Chromium keeps
}
READABLE = "Content-Length, Content-Range, ETag, Accept-Ranges"


def origins_of(text: str) -> tuple[str, ...]:
    """The origins in the setting player_origins; raises BadSetting."""
    found = tuple(word.strip() for word in text.split(",") if word.strip())
    for origin in found:
        parts = urlsplit(origin)
        whole = f"{parts.scheme}://{parts.netloc}"
        if (
            parts.scheme not in ("http", "https")
            or not parts.netloc
            or whole != origin
            or set(origin) & set(" ;,")
        ):
            raise BadSetting(
                "player_origins", f"holds {origin!r}, which is no origin as https://play.example is"
            )
    return found


def sharing(path: str, origin: str | None, allowed: Sequence[str]) -> dict[str, str]:
    """The headers that share an answer with the page that asked, or that keep it to our own.

    Refusals get them too: a player that may not read a 403 takes the server for dead.
    """
    if not path.startswith(SIGNED) or not allowed:
        return {SHARED: "same-origin"}
    shared = {SHARED: "cross-origin", "Vary": "Origin"}  # pictures are fetched without an Origin
    if origin is None or origin not in allowed:
        return shared
    return {
        **shared,
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": READABLE,
    }
