"""Keep the popular pages of the last version seen in a small file, for the day the store is gone."""

from __future__ import annotations

import logging
import os
import struct
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import zstandard

from serving_export.errors import BadRecord
from serving_export.parts import Title, from_json, unpack
from serving_export.records import Page, Row

if TYPE_CHECKING:
    from serving_export.reader.held import Held

log = logging.getLogger(__name__)

MAGIC = b"MQLAST1\n"
PUBLISHED = struct.Struct("<d")


class LastPages(NamedTuple):
    """What the file says."""

    published_at: float
    pages: dict[str, Page]
    """By region; '' is for everywhere."""
    titles: dict[str, Title]
    sources: tuple[str, ...]


def default_path(place: str) -> Path:
    """Beside the board of a folder; for a table, in the cache of whoever runs the reader."""
    if "://" not in place:
        return Path(place) / "last.page"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "marquee" / f"{place.partition('://')[2].replace('/', '_')}.page"


def keep(path: Path, held: Held) -> LastPages:
    """Write the file of a version; a reader that may not write goes on without, and says so."""
    packed = zstandard.ZstdCompressor(write_checksum=True).compress(held.last)
    content = MAGIC + PUBLISHED.pack(held.entry.published_at or 0.0) + packed
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(content)
            fresh.replace(path)
    except OSError as broken:
        log.warning("The last page file %s was not written: %s", path, broken)
    return parse(content)


def read(path: Path) -> LastPages:
    """The pages of the file; raises BadRecord where there is none or it is broken."""
    try:
        return parse(path.read_bytes())
    except OSError as broken:
        raise BadRecord(f"the last page file cannot be read ({broken})") from None


def parse(content: bytes) -> LastPages:
    """The pages of a file's content; raises BadRecord for anything else."""
    try:
        if not content.startswith(MAGIC):
            raise ValueError("it does not begin as one")
        (published_at,) = PUBLISHED.unpack_from(content, len(MAGIC))
        return _parsed(published_at, unpack(content[len(MAGIC) + PUBLISHED.size :]))
    except BadRecord as broken:
        raise BadRecord(f"the last page file is broken: {broken.why}") from None
    except (struct.error, LookupError, TypeError, ValueError, AttributeError) as broken:
        raise BadRecord(f"the last page file is broken ({broken})") from None


def _parsed(published_at: float, content: bytes) -> LastPages:
    found = from_json(content)
    titles = [Title(row[0], row[1], row[2], tuple(row[3])) for row in found["titles"]]
    made = (str(found["version"]), str(found["stamp"]), date.fromisoformat(str(found["night"])))
    pages = {
        region: Page(*made, region, True, tuple(map(_row, rows)))
        for region, rows in dict(found["pages"]).items()
    }
    by_id = {title.title_id: title for title in titles}
    return LastPages(published_at, pages, by_id, tuple(found["sources"]))


def _row(row: dict[str, list]) -> Row:  # type: ignore[type-arg]
    return Row(
        str(row["name"]), str(row["source"]), str(row["because_of"]) if row["because_of"] else None,
        tuple(row["title_ids"]), tuple(row["source_bits"]), tuple(row["propensities"]),
    )  # fmt: skip
