"""Answer with a page for any profile, always, and say where it comes from."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from serving_export.errors import BadRecord, NothingToServe, StoreFailed, Unreadable
from serving_export.reader import last_file
from serving_export.reader.answer import Answer, Level
from serving_export.reader.held import Held
from serving_export.records import page_key
from serving_export.stores.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from serving_export.reader.last_file import LastPages
    from serving_export.records import Page
    from serving_export.stores.store import Store

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
"""How long a store that failed is left alone: asking a dead one costs every reader its timeout."""


class Pages:
    """Every page of the live version; threads may share one object, processes may not."""

    def __init__(
        self, store: Store, last_path: Path, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._last_path = last_path
        self._clock = clock
        self._held: Held | None = None
        self._last: LastPages | None = None
        self._tick: Hashable = object()
        self._retry_at = 0.0
        self._failure: Unreadable | None = None
        self._swapping = Lock()

    @classmethod
    def open(cls, place: str, last_page_file: str | Path | None = None) -> Pages:
        """Open a folder such as var/pages, or dynamodb://TABLE.

        A store that is down or empty is no error here: `get` falls back, and says so. Raises
        BadPlace for an address that names no store.
        """
        path = Path(last_page_file) if last_page_file else last_file.default_path(place)
        return cls(open_store(place, patient=False), path)

    def get(self, profile_id: str, region: str | None = None) -> Answer:
        """The profile's page, else the popular page of the region, else that of the last file.

        A page made for another region than the one given is passed over: its titles may not be
        licensed here. Raises BadProfile for an id that is no text, NothingToServe when nothing of
        any level can be read.
        """
        return self.get_many([profile_id], region)[0]

    def get_many(self, profile_ids: Sequence[str], region: str | None = None) -> list[Answer]:
        """The answers for several profiles, in their order and from one version."""
        keys = [page_key(profile_id) for profile_id in profile_ids]
        failures: list[str] = []
        for again in (False, True):  # once more on the board as it then is
            try:
                return self._from_store(self._current(again), keys, region)
            except Unreadable as broken:
                failures.append(broken.why)
        return [self._from_last_file(region, tuple(dict.fromkeys(failures)))] * len(keys)

    def _from_store(self, held: Held, keys: list[bytes], region: str | None) -> list[Answer]:
        now, entry = self._clock(), held.entry
        age = now - (entry.published_at or now)
        expired = entry.expires_at is not None and now >= entry.expires_at
        records = {} if expired else held.records(keys)
        answers = []
        for key in keys:
            page, why = _own(held, records.get(key), region)
            if page:
                level = Level.POPULAR if page.popular else Level.OWN
                answers.append(Answer(level, page, age, False, (), held))
            else:
                why = "own: the version has expired" if expired else why
                page = held.popular(region or "")
                answers.append(Answer(Level.POPULAR, page, age, expired, (why,), held))
        return answers

    def _from_last_file(self, region: str | None, failures: tuple[str, ...]) -> Answer:
        try:
            self._last = last = self._last or last_file.read(self._last_path)
        except BadRecord as broken:
            why = "; ".join((*failures, broken.why))
            raise NothingToServe(self._store.place, why) from None
        page = last.pages.get(region or "") or last.pages[""]
        age = self._clock() - last.published_at
        return Answer(Level.LAST, page, age, True, failures, last)

    def _current(self, again: bool) -> Held:
        """The live version, opened anew when the board has changed; one thread does that."""
        tick, held = self._store.tick(), self._held
        if held and tick == self._tick and not again:
            return held
        if not self._swapping.acquire(blocking=held is None):
            assert held  # noqa: S101 - what is held is waited for above
            return held
        try:
            if time.monotonic() >= self._retry_at:
                self._swap(tick)
        finally:
            self._swapping.release()
        if self._held is None:
            raise self._failure or NothingToServe(self._store.place, "no version is live")
        return self._held

    def _swap(self, tick: Hashable) -> None:
        try:
            live = self._store.board().live
            if live is None:
                self._held = None
                raise NothingToServe(self._store.place, "no version is live")
            if self._held is None or self._held.entry.version != live.version:
                fresh = Held(self._store, live)
                self._last = last_file.keep(self._last_path, fresh)
                self._held = fresh
            self._tick = tick
        except Unreadable as broken:
            self._failure = broken
            if isinstance(broken, StoreFailed):
                self._retry_at = time.monotonic() + RETRY_SECONDS
            if self._held is None:
                raise
            log.warning("Readers stay on %s: %s", self._held.entry.version, broken)


def _own(held: Held, record: bytes | None, region: str | None) -> tuple[Page | None, str]:
    """The profile's own page, or None and why it is passed over."""
    if record is None:
        return None, "own: the version has no page of this profile"
    try:
        page = held.page(record)
    except BadRecord as broken:
        log.warning("%s", broken)
        return None, f"own: {broken.why}"
    if region and page.region and page.region != region:
        return None, f"own: it was made for region {page.region}"
    return page, ""
