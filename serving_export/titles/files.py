"""Find the file that a path names, never outside its folder, and say how to keep it."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote

from serving_export.titles.layout import HEADERS
from serving_export.titles.ranges import unchanged, wanted
from serving_export.titles.refusals import NotServed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MEDIA_TYPES = {
    ".mpd": "application/dash+xml",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".vtt": "text/vtt; charset=utf-8",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
ANY_BYTES = "application/octet-stream"
ASK_AGAIN = "no-cache"
"""Kept, and checked by its tag before each use."""


@dataclass(frozen=True)
class Reply:
    """What goes back: a status, headers and either bytes or a part of an open file."""

    status: HTTPStatus
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    file: BinaryIO | None = None
    part: range = range(0)

    @property
    def length(self) -> int:
        """How many bytes the body has."""
        return len(self.part) if self.file else len(self.body)


def segments(path: str) -> list[str]:
    """The names in a request's path, each decoded once; raises NotServed.

    A name that holds a slash, a NUL or a leading dot is no name: such a request has been made up.
    """
    try:
        names = [unquote(name, errors="strict") for name in path.partition("?")[0].split("/")[1:]]
    except UnicodeDecodeError:
        raise NotServed from None
    if any(name.startswith(".") or set(name) & {"/", "\\", "\0"} for name in names):
        raise NotServed
    return names


def inside(folder: Path, names: Sequence[str]) -> Path:
    """The file below the folder, links followed; raises NotServed for any that is not below it."""
    try:
        top = folder.resolve(strict=True)
        found = top.joinpath(*names).resolve(strict=True)
        regular = stat.S_ISREG(found.stat().st_mode)  # a pipe would never end
    except (OSError, ValueError, RuntimeError):  # RuntimeError: links in a circle
        raise NotServed from None
    if not names or not all(names) or not regular or not found.is_relative_to(top):
        raise NotServed
    return found


def file_reply(file: Path, asked: Mapping[str, str], cache: Mapping[str, str]) -> Reply:
    """Answer a request's headers with the file, a part of it, or the news that it has not changed.

    The caller closes `reply.file`. Raises NotServed where the file is gone.
    """
    try:
        opened = file.open("rb")
    except OSError:
        raise NotServed from None
    facts = os.fstat(opened.fileno())  # its name may be gone, in an erasure
    etag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'
    headers = {"Cache-Control": ASK_AGAIN, **cache, "ETag": etag, "Accept-Ranges": "bytes"}
    part = wanted(asked, facts.st_size, etag)
    if unchanged(asked, etag):
        opened.close()
        return Reply(HTTPStatus.NOT_MODIFIED, headers)
    if part is not None and not part:
        opened.close()
        headers["Content-Range"] = f"bytes */{facts.st_size}"
        return Reply(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers)
    headers["Content-Type"] = MEDIA_TYPES.get(file.suffix, ANY_BYTES)
    if part is None:
        return Reply(HTTPStatus.OK, headers, file=opened, part=range(facts.st_size))
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{facts.st_size}"
    return Reply(HTTPStatus.PARTIAL_CONTENT, headers, file=opened, part=part)


def cache_headers(package: Path, name: str) -> dict[str, str]:
    """The Cache-Control of a package's file, by the first fitting pattern of its headers.json.

    The file holds `{"*.m4s": {"Cache-Control": "..."}}`; other headers are the server's own matter.
    """
    for pattern, headers in _rules(package / HEADERS):
        if fnmatchcase(name, pattern):
            return {"Cache-Control": headers["Cache-Control"]} if "Cache-Control" in headers else {}
    return {}


@lru_cache(maxsize=64)  # a package never changes
def _rules(file: Path) -> tuple[tuple[str, dict[str, str]], ...]:
    return tuple(json.loads(file.read_text()).items()) if file.exists() else ()
