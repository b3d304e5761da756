"""Hold one version open: its records, and what their codes mean."""

from __future__ import annotations

from functools import cached_property
from threading import local
from typing import TYPE_CHECKING

from serving_export.errors import BadRecord
from serving_export.parts import Title, join, read_legend, read_titles
from serving_export.records import Page, Unpacker, decode_body, popular_key

if TYPE_CHECKING:
    from serving_export.stores.board import Entry
    from serving_export.stores.store import Store


class Held:
    """A version as a reader holds it; everything an answer needs comes from this one version."""

    def __init__(self, store: Store, entry: Entry) -> None:
        self.entry = entry
        self._source = store.source(entry.version)
        self._legend = read_legend(join("legend", self._source))
        self._dictionary = join("dictionary", self._source)
        self._popular: dict[str, Page] = {}
        self._threads = local()
        self.last = join("last", self._source)
        """The popular pages as one file."""

    @cached_property
    def titles(self) -> dict[str, Title]:
        """Every title of the version by its id; read on first use."""
        return read_titles(join("titles", self._source))

    @property
    def sources(self) -> tuple[str, ...]:
        """The candidate sources in the order of their bits."""
        return self._legend.sources

    def records(self, keys: list[bytes]) -> dict[bytes, bytes]:
        """The records of those keys that the version has."""
        return self._source(keys)

    def page(self, record: bytes) -> Page:
        """Decode a record; raises BadRecord unless it is a page of this very version."""
        page = decode_body(self._unpacker.body(record), self._legend)
        if page.version != self.entry.version or page.stamp != self.entry.stamp:
            raise BadRecord(f"it says it is of version {page.version!r}")
        return page

    def popular(self, region: str) -> Page:
        """The popular page of the region, else of everywhere; raises BadRecord if there is none."""
        if page := self._popular.get(region):
            return page
        keys = list(dict.fromkeys((popular_key(region), popular_key(""))))
        found = self.records(keys)
        if not found:
            raise BadRecord("its version has no popular page")
        page = self.page(next(found[key] for key in keys if key in found))
        if page.region == region:  # what strangers ask for must not fill the memory
            self._popular[region] = page
        return page

    @property
    def _unpacker(self) -> Unpacker:
        unpacker: Unpacker | None = getattr(self._threads, "unpacker", None)
        if unpacker is None:
            unpacker = self._threads.unpacker = Unpacker(self._dictionary)
        return unpacker
