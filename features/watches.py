"""Read what was watched, with the moment from which each watch was known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from features.histories import Histories
from lakehouse.catalog import EVENTS, PROFILES, TITLES, WATCHED_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import pyarrow as pa
    from numpy.typing import NDArray

    from lakehouse.tables import Lake

EVENT_COLUMNS = ["type", "profile_id", "title_id", "event_time", "known_time", "seconds"]
"""What features are made of."""
DAY = 86_400_000_000
"""Microseconds a day."""


def midnight_after(night: date) -> datetime:
    """When a night ends: 24:00 UTC of its date. What is known before then is known to the night."""
    return datetime(night.year, night.month, night.day, tzinfo=UTC) + timedelta(days=1)


def microseconds(time: datetime) -> int:
    """Microseconds since 1970."""
    return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def known_events(lake: Lake, night: date) -> pa.Table:
    """The events that happened and were known before the night ended."""
    import pyarrow.compute as pc

    events = lake.arrow(EVENTS, night, EVENT_COLUMNS)
    end = midnight_after(night)
    known = pc.and_(pc.less(events["event_time"], end), pc.less(events["known_time"], end))
    return events.filter(known)


def histories(lake: Lake, night: date) -> Histories:
    """What each profile of a night had watched when it ended; nobody and nothing is left out."""
    return Watches.of(
        known_events(lake, night),
        lake.arrow(TITLES, night, ["title_id"])["title_id"].to_pylist(),
        lake.arrow(PROFILES, night, ["profile_id"])["profile_id"].to_pylist(),
    ).histories


@dataclass(frozen=True)
class Watches:
    """Watches by profile, oldest first, those of one time by title id.

    Codes are positions in `profile_ids` and `title_ids`, both sorted. All arrays are [watches].
    """

    profile_ids: list[str]
    title_ids: list[str]
    offsets: NDArray[np.int64]
    """[profiles + 1] where each profile's watches begin."""
    profiles: NDArray[np.int32]
    titles: NDArray[np.int32]
    happened: NDArray[np.int64]
    """Microseconds since 1970."""
    moments: NDArray[np.int64]
    """From when on it was known to have happened: the later of event time and known time."""

    @classmethod
    def of(
        cls, events: pa.Table, title_ids: Sequence[str] = (), profile_ids: Sequence[str] = ()
    ) -> Watches:
        """The plays and completes among the events; the ids given are added to those that occur."""
        import pyarrow as pa
        import pyarrow.compute as pc

        watched = events.filter(pc.is_in(events["type"], pa.array(WATCHED_TYPES)))
        happened, known = (_microseconds(watched[name]) for name in ("event_time", "known_time"))
        all_profiles, profiles = _codes(watched["profile_id"], profile_ids)
        all_titles, titles = _codes(watched["title_id"], title_ids)
        moments = np.maximum(happened, known)
        order = np.lexsort((moments, titles, happened, profiles))
        counts = np.bincount(profiles, minlength=len(all_profiles))
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        return cls(
            all_profiles, all_titles, offsets,
            profiles[order], titles[order], happened[order], moments[order],
        )  # fmt: skip

    @property
    def histories(self) -> Histories:
        """The same watches without the moments."""
        seconds = self.happened / 1e6
        return Histories(self.profile_ids, self.title_ids, self.offsets, self.titles, seconds)

    @property
    def pairs(self) -> NDArray[np.int64]:
        """[watches] one number for each profile and title: profile * titles + title."""
        return self.profiles.astype(np.int64) * len(self.title_ids) + self.titles

    def happened_before(
        self, profiles: NDArray[np.int32], as_of: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """[n] the position just after a profile's last watch with an event time before `as_of`."""
        times = np.unique(self.happened)
        width = len(times) + 1
        keys = self.profiles.astype(np.int64) * width + np.searchsorted(times, self.happened)
        asked = profiles.astype(np.int64) * width + np.searchsorted(times, as_of, side="left")
        return np.searchsorted(keys, asked, side="left")


def _microseconds(column: pa.ChunkedArray) -> NDArray[np.int64]:
    import pyarrow as pa

    as_integers: NDArray[np.int64] = (
        column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
    )
    return as_integers


def _codes(column: pa.ChunkedArray, more: Sequence[str]) -> tuple[list[str], NDArray[np.int32]]:
    """The sorted distinct ids of both, and the position of each value among them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    own = pc.unique(column.cast(pa.string()))
    every = sorted({*own.to_pylist(), *more})
    codes = pc.index_in(column.cast(pa.string()), pa.array(every, pa.string()))
    return every, codes.to_numpy().astype(np.int32)
