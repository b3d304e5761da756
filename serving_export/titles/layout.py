"""Say where a published title lies, which of its versions is live, and how long files are cached.

A version is a folder that never changes and is named by its content, so its files may be kept for
good by any cache; `live.json` beside the versions is the one thing of a title that moves.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MASTER, MANIFEST = "master.m3u8", "manifest.mpd"
HEADERS, CONTENTS, LIVE = "headers.json", "contents.json", "live.json"
RECEIPT = "receipt.json"
KEPT_BACK = (RECEIPT, CONTENTS, HEADERS)
"""What lies in a version for who runs it: viewers get no hashes of masters, commands and ids of keys."""
TITLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What a title may be called: it names folders, tasks and addresses."""
VERSION = re.compile(r"[0-9a-f]{16}")
FOR_GOOD = "public, max-age=31536000, immutable"
"""A year, the longest that RFC 9111 caches honour; a changed file has another address."""
A_MINUTE = "public, max-age=60"
"""So that a version that must go for a reason outside of us is soon asked for again."""
CACHE_RULES = {
    "*.m4s": FOR_GOOD,
    "*.mp4": FOR_GOOD,
    "*.vtt": FOR_GOOD,
    "*.jpg": FOR_GOOD,
    "*.m3u8": A_MINUTE,
    "*.mpd": A_MINUTE,
    "*.json": A_MINUTE,
}


class BadTitleId(MarqueeError):
    """A title id could not name a folder and an address."""

    def __init__(self, title_id: str) -> None:
        super().__init__(
            f"{title_id[:120]!r} cannot name a title, so nothing was read or written: use up to 100 "
            "letters, digits, points, hyphens and underscores, the first a letter or digit."
        )


class BrokenLive(MarqueeError):
    """The pointer to a title's live version cannot be read."""

    def __init__(self, title_id: str) -> None:
        super().__init__(
            f"{LIVE} of title {title_id} cannot be read, so which of its versions plays is unknown: "
            f"marquee encode FILE --title {title_id} publishes it again, which writes it anew."
        )


@dataclass(frozen=True)
class Live:
    """Which version of a title plays, and which others there are."""

    version: str
    previous: tuple[str, ...] = ()
    """Versions that were live before, the newest first: what a rollback goes to."""
    withdrawn: tuple[str, ...] = ()
    """Versions that were rolled back from, the newest first."""


def checked_id(title_id: str) -> str:
    """The title id, where it can name a folder and an address; raises BadTitleId."""
    if not TITLE_ID.fullmatch(title_id):
        raise BadTitleId(title_id)
    return title_id


def title_folder(published: Path, title_id: str) -> Path:
    """Where the versions of a title lie; raises BadTitleId."""
    return published / checked_id(title_id)


def read_live(published: Path, title_id: str) -> Live | None:
    """What plays of a title, or None where nothing does; raises BadTitleId or BrokenLive."""
    try:
        said = json.loads((title_folder(published, title_id) / LIVE).read_text())
        live = Live(
            said["version"], tuple(said.get("previous", ())), tuple(said.get("withdrawn", ()))
        )
        versions = (live.version, *live.previous, *live.withdrawn)
        if not all(VERSION.fullmatch(version) for version in versions):
            raise BrokenLive(title_id)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        raise BrokenLive(title_id) from None
    return live


def playable(published: Path) -> dict[str, str]:
    """Each title that plays and its live version; one whose pointer is broken does not."""
    found = {}
    for name in sorted(file.parent.name for file in published.glob(f"*/{LIVE}")):
        with suppress(BadTitleId, BrokenLive):
            if live := read_live(published, name):
                found[name] = live.version
    return found


def pointed(live: Live | None, version: str) -> Live:
    """The pointer after a version was published; pointing to it again changes nothing."""
    if live is None:
        return Live(version)
    if live.version == version:
        return live
    others = [name for name in (live.version, *live.previous) if name != version]
    return Live(version, tuple(others), tuple(v for v in live.withdrawn if v != version))


def rolled_back(live: Live, version: str) -> Live:
    """The pointer after going back to a version that was live before."""
    others = tuple(name for name in live.previous if name != version)
    return Live(version, others, (live.version, *live.withdrawn))


def version_of(sha256: str) -> str:
    """The name of the version with this content."""
    return sha256[:16]


def content_hash(folder: Path, names: list[str] | None = None) -> str:
    """SHA-256 over the names and bytes of these files of a folder, or of all of them."""
    hashes = content_hashes(folder, names)
    return hash_of_hashes(hashes)


def content_hashes(folder: Path, names: list[str] | None = None) -> dict[str, str]:
    """SHA-256 of each of these files, or of all, by its path below the folder."""
    if names is None:
        files = [file for file in folder.rglob("*") if file.is_file()]
        names = [file.relative_to(folder).as_posix() for file in files]
    return {name: _sha256(folder / name) for name in names}


def hash_of_hashes(hashes: Mapping[str, str]) -> str:
    """One SHA-256 of names and their hashes, whatever their order."""
    digest = hashlib.sha256()
    for name in sorted(hashes, key=lambda name: (PurePosixPath(name), name)):
        digest.update(f"{name}\0{hashes[name]}\n".encode())
    return digest.hexdigest()


def is_whole(version_folder: Path) -> bool:
    """Whether a version holds every byte that its name promises."""
    try:
        names = json.loads((version_folder / CONTENTS).read_text())["files"]
        found = content_hash(version_folder, list(names))
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return version_of(found) == version_folder.name


def headers() -> dict[str, dict[str, str]]:
    """What HEADERS holds: the cache header of each pattern, the first that fits counts."""
    return {pattern: {"Cache-Control": rule} for pattern, rule in CACHE_RULES.items()}


def as_json(content: Any) -> bytes:
    """JSON as this side writes it: sorted, so that equal content is equal bytes."""
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
