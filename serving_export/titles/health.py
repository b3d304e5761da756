"""Watch edges: one that fails again and again is not named until it answers again and again."""

from __future__ import annotations

import http.client
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from serving_export.titles.edge import HEALTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from serving_export.titles.edges import Edge

log = logging.getLogger(__name__)

FALLS_AFTER, RISES_AFTER = 3, 2
"""Looks in a row that go against what an edge is held for, before it is held for the other."""
SECONDS_BETWEEN = 5.0
SECONDS_TO_ANSWER = 2.0
LOOKS_AT_ONCE = 8


@dataclass(frozen=True)
class Health:
    """What an edge is held for."""

    up: bool
    against: int = 0
    """How many of the last looks said otherwise."""

    def seen(self, answered: bool) -> Health:
        """What it is held for after one more look."""
        if answered == self.up:
            return Health(self.up)
        against = self.against + 1
        turned = against >= (FALLS_AFTER if self.up else RISES_AFTER)
        return Health(not self.up) if turned else Health(self.up, against)


def answers(base_url: str) -> bool:
    """Whether the edge at this address says that it is well."""
    try:
        parts = urlsplit(base_url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        with closing(kind(parts.netloc, timeout=SECONDS_TO_ANSWER)) as connection:
            connection.request("GET", f"{parts.path}/{HEALTH}")
            return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException, ValueError):  # the last where it names no server
        return False


class Watch:
    """The edges of a table, each as healthy as the table and the last looks at it allow."""

    def __init__(
        self,
        table: Callable[[], tuple[Edge, ...]],
        answers: Callable[[str], bool] = answers,
    ) -> None:
        self._table, self._answers = table, answers
        self._health: dict[str, Health] = {}

    def edges(self) -> tuple[Edge, ...]:
        """The edges as they are held for at this moment; raises BadEdges."""
        return tuple(
            replace(edge, healthy=edge.healthy and self._up(edge.base_url))
            for edge in self._table()
        )

    def look(self) -> None:
        """Ask every edge once. The first answer of an edge counts at once: nothing is known of it."""
        places = [edge.base_url for edge in self._table()]
        with ThreadPoolExecutor(LOOKS_AT_ONCE) as pool:
            told = dict(zip(places, pool.map(self._answers, places), strict=True))
        for place, answered in told.items():
            before = self._health.get(place)
            after = before.seen(answered) if before else Health(answered)
            if after.up != self._up(place):
                log.warning("edge %s is %s", place, "well again" if after.up else "not well")
            self._health[place] = after

    @contextmanager
    def running(self, seconds: float = SECONDS_BETWEEN) -> Iterator[None]:
        """Look every so many seconds while the block runs."""
        ended = threading.Event()

        def keep_looking() -> None:
            while True:
                try:
                    self.look()
                except Exception:
                    log.exception("the edges could not be looked at")  # the next look may do
                if ended.wait(seconds):
                    return

        thread = threading.Thread(target=keep_looking, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _up(self, place: str) -> bool:
        return place not in self._health or self._health[place].up
