"""Compare what a store gives back with what it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

from serving_export.errors import BadRecord, IncompleteVersion, UnlikelySize
from serving_export.parts import join
from serving_export.records import PART, Unpacker, decode_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from serving_export.draft import Draft, Records
    from serving_export.stores.board import Entry
    from serving_export.stores.store import Store

SAMPLED_PAGES = 200
"""Pages decoded and compared with the table value by value, spread evenly over the version."""


@dataclass
class Tally:
    """What some records come to, whatever their order."""

    records: int = 0
    pages: int = 0
    page_bytes: int = 0
    checksum: int = 0
    """The sum of the CRC-32 of key and record."""

    def passing(self, batches: Iterable[Records]) -> Iterator[Records]:
        """Count batches while they go by."""
        for batch in batches:
            self.add(batch)
            yield batch

    def add(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Count records."""
        count = pages = page_bytes = checksum = 0
        for key, record in records:
            count += 1
            checksum += crc32(record, crc32(key))
            if not key.startswith(PART):
                pages += 1
                page_bytes += len(record)
        self.records += count
        self.pages += pages
        self.page_bytes += page_bytes
        self.checksum += checksum


def same_records(store: Store, version: str, written: Tally) -> None:
    """Read every record back; raises IncompleteVersion unless they come to what was written."""
    held = Tally()
    held.add(store.scan(version))
    if held.records != written.records:
        difference = f"it holds {held.records:,} of {written.records:,} records"
        raise IncompleteVersion(version, difference)
    if held != written:
        raise IncompleteVersion(version, "its checksum is another one")


def same_pages(store: Store, draft: Draft) -> None:
    """Decode a sample as a reader would; raises IncompleteVersion unless it equals the table."""
    source = store.source(draft.version)
    unpacker = Unpacker(join("dictionary", source))
    expected = dict(draft.sampled(SAMPLED_PAGES))
    found = source(list(expected))
    for key, page in expected.items():
        try:
            decoded = decode_body(unpacker.body(found[key]), draft.legend)
        except (KeyError, BadRecord) as broken:
            raise IncompleteVersion(draft.version, f"{key!r} cannot be read: {broken}") from None
        if decoded != page:
            raise IncompleteVersion(draft.version, f"{key!r} is another page")


def likely_size(version: str, written: Tally, live: Entry | None, least_share: float) -> None:
    """Raise UnlikelySize when a version is much smaller than the live one on the board."""
    if live is None:
        return
    sizes = (("pages", written.pages, live.pages), ("bytes", written.page_bytes, live.page_bytes))
    for what, held, before in sizes:
        if held < least_share * before:
            raise UnlikelySize(version, what, held, before)
