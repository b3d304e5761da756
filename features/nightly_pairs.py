"""Move the matrices of title pairs from night to night, by what each night added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.title_pairs import transition_steps
from features.watches import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from scipy.sparse import coo_matrix, csr_matrix

    from features.watches import Watches


def _nights(days: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Each day of the labels in order, with the labels of it."""
    order = np.argsort(days, kind="stable")
    values, starts = np.unique(days[order], return_index=True)
    yield from zip(values.tolist(), np.split(order, starts)[1:], strict=True)


@dataclass(frozen=True)
class Audiences:
    """Who watched what: one entry per profile and title, by profile and then by when it was known."""

    titles: NDArray[np.int32]
    days: NDArray[np.int64]
    """The day on which the pair's first known watch was known."""
    offsets: NDArray[np.int64]
    """[profiles + 1]"""
    count: int
    """How many titles there are."""

    @classmethod
    def of(cls, watches: Watches) -> Audiences:
        """Keep the watch of each pair that was known first."""
        order = np.lexsort((watches.moments, watches.pairs))
        _, first = np.unique(watches.pairs[order], return_index=True)
        kept = order[first]
        kept = kept[np.lexsort((watches.moments[kept], watches.profiles[kept]))]
        counts = np.bincount(watches.profiles[kept], minlength=len(watches.profile_ids))
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        days = watches.moments[kept] // DAY
        return cls(watches.titles[kept], days, offsets, len(watches.title_ids))

    def by_night(
        self, block: slice, days: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]]:
        """For each day of the labels: they, [titles, block] shared audiences, [titles] audiences.

        The arrays are moved on in place from day to day: they hold what was known at its midnight.
        """
        counts = np.zeros((self.count, block.stop - block.start), np.int32)
        sizes = np.zeros(self.count, np.int64)
        order = np.argsort(self.days, kind="stable")
        profile = np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))
        known = self.offsets[:-1].copy()
        done = 0
        for day, rows in _nights(days):
            upto = int(np.searchsorted(self.days[order], day, side="left"))
            added, done = order[done:upto], upto
            sizes += np.bincount(self.titles[added], minlength=self.count)
            active, more = np.unique(profile[added], return_counts=True)
            self._add(counts, block, known[active], known[active] + more, active)
            known[active] += more
            yield rows, counts, sizes

    def _add(
        self,
        counts: NDArray[np.int32],
        block: slice,
        known: NDArray[np.int64],
        upto: NDArray[np.int64],
        active: NDArray[np.int64],
    ) -> None:
        """Add the pairs of titles that watches [known, upto) of the active profiles complete."""
        fresh = self._rows(known, upto)
        before = self._rows(self.offsets[:-1][active], known)
        after = before + fresh
        # after'after - before'before, less what it would cost to make either
        _add_cells(counts, (fresh.T @ after[:, block]).tocoo())
        _add_cells(counts, (before.T @ fresh[:, block]).tocoo())

    def _rows(self, start: NDArray[np.int64], stop: NDArray[np.int64]) -> csr_matrix:
        """[active, titles] 1 where a profile watched a title, of a stretch of its entries."""
        from scipy.sparse import csr_matrix

        lengths = stop - start
        ends = np.cumsum(lengths)
        places = np.arange(lengths.sum()) + np.repeat(start - (ends - lengths), lengths)
        pointers = np.concatenate(([0], ends))
        shape = (len(start), self.count)
        ones = np.ones(len(places), np.int32)
        return csr_matrix((ones, self.titles[places], pointers), shape)


def _add_cells(counts: NDArray[np.int32], more: coo_matrix) -> None:
    counts.ravel()[more.row.astype(np.int64) * counts.shape[1] + more.col] += more.data


@dataclass(frozen=True)
class Follows:
    """Transitions as steps: units of a pair of titles that a day brought, or took back."""

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    units: NDArray[np.int64]
    days: NDArray[np.int64]
    count: int
    """How many titles there are."""

    @classmethod
    def of(cls, watches: Watches) -> Follows:
        """A profile whose watches became known in order only gains transitions, each on the day of
        its second watch. A late watch breaks into the order, so such a profile is counted anew on
        every day that told of it, and the count of the day before is taken back.
        """
        late = _told_out_of_order(watches)
        days = watches.moments // DAY
        known = np.flatnonzero(~late[watches.profiles])
        first, second, units = transition_steps(
            watches.profiles[known], watches.titles[known], watches.happened[known]
        )
        first, second = known[first], known[second]
        day = np.maximum(days[first], days[second])
        parts = [(first, second, units, day), *_retold(watches, late, days)]
        first, second, units, day = (np.concatenate(part) for part in zip(*parts, strict=True))
        return cls(
            watches.titles[first], watches.titles[second], units, day, len(watches.title_ids)
        )

    def by_night(
        self, block: slice, days: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32]]]:
        """For each day of the labels: they, and [titles, block] units known at its midnight."""
        inside = np.flatnonzero((self.second >= block.start) & (self.second < block.stop))
        order = inside[np.argsort(self.days[inside], kind="stable")]
        when = self.days[order]
        units = np.zeros((self.count, block.stop - block.start), np.int32)
        done = 0
        for day, rows in _nights(days):
            upto = int(np.searchsorted(when, day, side="left"))
            added, done = order[done:upto], upto
            cells = (self.first[added], self.second[added] - block.start)
            np.add.at(units, cells, self.units[added].astype(np.int32))
            yield rows, units


def _told_out_of_order(watches: Watches) -> NDArray[np.bool_]:
    """[profiles] whether some watch was known a day or more later than one that happened after it."""
    days = watches.moments // DAY
    out = (days[1:] < days[:-1]) & (watches.profiles[1:] == watches.profiles[:-1])
    late = np.zeros(len(watches.profile_ids), bool)
    late[watches.profiles[1:][out]] = True
    return late


Steps = tuple["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.int64]"]


def _retold(watches: Watches, late: NDArray[np.bool_], days: NDArray[np.int64]) -> list[Steps]:
    """The steps of late profiles: what each day knew, less what the day before it knew."""
    rows = np.flatnonzero(late[watches.profiles])
    if not len(rows):
        return []
    told = np.unique(np.stack([watches.profiles[rows].astype(np.int64), days[rows]]), axis=1)
    profile, day = told
    lengths = np.diff(watches.offsets)[profile]
    ends = np.cumsum(lengths)
    places = np.arange(lengths.sum()) + np.repeat(
        watches.offsets[profile] - ends + lengths, lengths
    )
    telling = np.repeat(np.arange(len(profile)), lengths)
    known = days[places] <= day[telling]
    places, telling = places[known], telling[known]
    first, second, units = transition_steps(
        telling, watches.titles[places], watches.happened[places]
    )
    told_by = telling[first]
    followed = np.append(profile[1:] == profile[:-1], False)[told_by]
    next_day = np.append(day[1:], 0)[told_by]
    first, second = places[first], places[second]
    gained = (first, second, units, day[told_by])
    lost = (first[followed], second[followed], -units[followed], next_day[followed])
    return [gained, lost]
