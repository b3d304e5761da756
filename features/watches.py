"""Read what was watched, with the moment from which each watch was known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
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
        happened, known = (as_microseconds(watched[name]) for name in ("event_time", "known_time"))
        all_profiles = _every(watched["profile_id"], profile_ids)
        all_titles = _every(watched["title_id"], title_ids)
        profiles = codes_of(watched["profile_id"], all_profiles)
        titles = codes_of(watched["title_id"], all_titles)
        moments = np.maximum(happened, known)
        order = np.lexsort((moments, titles, happened, profiles))
        counts = np.bincount(profiles, minlength=len(all_profiles))
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        return cls(
            all_profiles, all_titles, offsets,
            profiles[order], titles[order], happened[order], moments[order],
        )  # fmt: skip

    @classmethod
    def of_histories(cls, h: Histories) -> Watches:
        """Watches that were known when they happened."""
        times = np.round(h.times * 1e6).astype(np.int64)
        return cls(h.profile_ids, h.title_ids, h.offsets, h.profiles, h.titles, times, times)

    @property
    def histories(self) -> Histories:
        """The same watches without the moments."""
        seconds = self.happened / 1e6
        return Histories(self.profile_ids, self.title_ids, self.offsets, self.titles, seconds)

    @cached_property
    def pairs(self) -> NDArray[np.int64]:
        """[watches] one number for each profile and title: profile * titles + title."""
        return self.profiles.astype(np.int64) * len(self.title_ids) + self.titles

    @cached_property
    def comes_again(self) -> NDArray[np.bool_]:
        """[watches] whether the profile watches the title again later."""
        order = np.argsort(self.pairs, kind="stable")
        pairs = self.pairs[order]
        again = np.zeros(len(order), bool)
        again[order[:-1]] = pairs[:-1] == pairs[1:]
        return again

    @cached_property
    def _times(self) -> NDArray[np.int64]:
        return np.sort(self.happened)

    @cached_property
    def _keys(self) -> NDArray[np.int64]:
        """[watches] rising numbers that order by profile and event time."""
        ranks = np.searchsorted(self._times, self.happened)
        return self.profiles.astype(np.int64) * (len(self._times) + 1) + ranks

    def happened_before(
        self, profiles: NDArray[np.int32], as_of: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """[n] the position just after a profile's last watch with an event time before `as_of`."""
        ranks = np.searchsorted(self._times, as_of, side="left")
        asked = profiles.astype(np.int64) * (len(self._times) + 1) + ranks
        return np.searchsorted(self._keys, asked, side="left")


def as_microseconds(column: pa.ChunkedArray, absent: int | None = None) -> NDArray[np.int64]:
    """[rows] microseconds since 1970 of a column of times."""
    import pyarrow as pa

    whole = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    filled: NDArray[np.int64] = (whole if absent is None else whole.fill_null(absent)).to_numpy()
    return filled


def codes_of(column: pa.ChunkedArray, ids: Sequence[str]) -> NDArray[np.int32]:
    """[rows] the position of each value among the ids, all of which must be there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    codes: NDArray[np.int32] = pc.index_in(
        column.cast(pa.string()), pa.array(ids, pa.string())
    ).to_numpy()
    return codes


def _every(column: pa.ChunkedArray, more: Sequence[str]) -> list[str]:
    """The sorted distinct ids of both."""
    return sorted({*column.unique().to_pylist(), *more})
