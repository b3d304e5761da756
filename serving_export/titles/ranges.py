"""Read the part of a file that a request wants (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ONE_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))", re.ASCII)


def unchanged(headers: Mapping[str, str], etag: str) -> bool:
    """Whether the asker holds these very bytes already, so that 304 answers it; names in small letters."""
    known = headers.get("if-none-match", "")
    return known.strip() == "*" or etag in [
        tag.strip().removeprefix("W/") for tag in known.split(",")
    ]


def wanted(headers: Mapping[str, str], size: int, etag: str) -> range | None:
    """The bytes that are asked for; an empty range where they lie past the end, None for all.

    Several ranges at once, and what is no range, count as all: RFC 9110 lets a server ignore them.
    """
    said = ONE_RANGE.fullmatch(headers.get("range", "").strip())
    if said is None or headers.get("if-range", etag) != etag:
        return None
    first, last, final = said.groups()
    if final is not None:
        return range(max(0, size - int(final)), size)
    stop = size if not last else min(size, int(last) + 1)
    if last and int(last) < int(first):
        return None  # no range at all, section 14.1.1
    return range(int(first), max(int(first), stop)) if int(first) < size else range(0)
