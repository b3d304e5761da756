"""Hold what each profile watched as dense codes, the shape that models and sources compute on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Histories:
    """What each profile watched, oldest first, in compressed rows.

    The watches of profile p are `titles[offsets[p]:offsets[p + 1]]`. Codes are positions in
    `title_ids` and `profile_ids`, both sorted; they live no longer than this object.
    """

    profile_ids: list[str]
    title_ids: list[str]
    offsets: NDArray[np.int64]
    """[profiles + 1]"""
    titles: NDArray[np.int32]
    """[watches] title codes"""
    times: NDArray[np.float64]
    """[watches] seconds since 1970, never falling within a profile"""

    @classmethod
    def of(
        cls,
        profiles: Sequence[str] | NDArray[np.str_],
        titles: Sequence[str] | NDArray[np.str_],
        times: Sequence[float] | NDArray[np.float64],
        title_ids: Sequence[str] = (),
        profile_ids: Sequence[str] = (),
    ) -> Histories:
        """Build from one entry a watch; `title_ids`, `profile_ids` add those nobody watched with.

        Entries of one profile that share a time are ordered by title id, so that the order in
        which rows arrive changes nothing.
        """
        all_titles, title_codes = _codes(titles, title_ids)
        all_profiles, profile_codes = _codes(profiles, profile_ids)
        when = np.asarray(times, np.float64)
        order = np.lexsort((title_codes, when, profile_codes))
        counts = np.bincount(profile_codes, minlength=len(all_profiles))
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        return cls(
            all_profiles, all_titles, offsets, title_codes[order].astype(np.int32), when[order]
        )

    @property
    def lengths(self) -> NDArray[np.int64]:
        """[profiles] how many watches each profile has."""
        return np.diff(self.offsets)

    @property
    def profiles(self) -> NDArray[np.int32]:
        """[watches] the profile code of each watch."""
        return np.repeat(np.arange(len(self.profile_ids), dtype=np.int32), self.lengths)

    def watches(self, profile: int) -> NDArray[np.int32]:
        """The title codes that one profile watched, oldest first."""
        return self.titles[self.offsets[profile] : self.offsets[profile + 1]]

    def last_titles(self, length: int) -> NDArray[np.int32]:
        """[profiles, length] each profile's newest watches, newest first, -1 where there is none."""
        places = self.offsets[1:, None] - 1 - np.arange(length)[None, :]
        newest = self.titles[np.maximum(places, 0)] if len(self.titles) else np.zeros_like(places)
        return np.where(places >= self.offsets[:-1, None], newest, -1).astype(np.int32)


def _codes(
    values: Sequence[str] | NDArray[np.str_], more: Sequence[str]
) -> tuple[list[str], NDArray[np.int64]]:
    """The sorted distinct ids of both, and the position of each value among them."""
    own, codes = np.unique(np.asarray(values, dtype=np.str_), return_inverse=True)
    every = np.union1d(own, np.asarray(more, dtype=np.str_))
    return [str(one) for one in every], np.searchsorted(every, own)[codes]
