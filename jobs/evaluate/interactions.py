"""Hold who watched what and when, as codes of sorted ids."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

SECOND = 1_000_000


@dataclass(frozen=True)
class Interactions:
    """Rows of a file, in its order; all arrays are [rows]."""

    profile_ids: list[str]
    """Sorted, and so are title_ids; parts of one split share both, whether or not they occur."""
    title_ids: list[str]
    profiles: NDArray[np.int32]
    titles: NDArray[np.int32]
    times: NDArray[np.float64]
    """Seconds since 1970, 0 everywhere without a column of times."""
    ratings: NDArray[np.float64] | None = None
    """NaN where a row has none."""
    scale: tuple[float, float] | None = None
    """The lowest and the highest rating that anyone gave."""
    left_out: int = 0
    """Rows without a profile, a title or a readable time."""

    @classmethod
    def of(
        cls,
        profiles: pa.Array | Sequence[str],
        titles: pa.Array | Sequence[str],
        times: Sequence[float] | NDArray[np.float64],
        ratings: NDArray[np.float64] | None = None,
        left_out: int = 0,
    ) -> Interactions:
        """Give every id that occurs a code."""
        profile_ids, profile_codes = _codes(profiles)
        title_ids, title_codes = _codes(titles)
        when = np.asarray(times, np.float64)
        return cls(
            profile_ids, title_ids, profile_codes, title_codes,
            when, ratings, _scale(ratings), left_out,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.profiles)

    @property
    def pairs(self) -> NDArray[np.int64]:
        """[rows] one number for each profile and title: profile * titles + title."""
        return self.profiles.astype(np.int64) * len(self.title_ids) + self.titles

    @property
    def moments(self) -> NDArray[np.int64]:
        """[rows] microseconds since 1970."""
        return np.round(self.times * SECOND).astype(np.int64)

    @property
    def timeless(self) -> bool:
        """Whether all rows share one time, which then says nothing."""
        return len(self.times) == 0 or float(np.ptp(self.times)) == 0.0

    def take(self, kept: NDArray[np.generic]) -> Interactions:
        """Some of the rows, by mask or places; ids and scale stay those of all."""
        ratings = None if self.ratings is None else self.ratings[kept]
        return replace(
            self, profiles=self.profiles[kept], titles=self.titles[kept],
            times=self.times[kept], ratings=ratings, left_out=0,
        )  # fmt: skip


def together(train: Interactions, test: Interactions) -> tuple[Interactions, Interactions]:
    """The same rows of two files under the same codes and the same scale."""
    profile_ids = sorted({*train.profile_ids, *test.profile_ids})
    title_ids = sorted({*train.title_ids, *test.title_ids})
    scale = _scale(
        None if train.scale is None or test.scale is None else np.array([*train.scale, *test.scale])
    )
    one, other = (
        replace(
            part, profile_ids=profile_ids, title_ids=title_ids, scale=scale,
            profiles=np.searchsorted(profile_ids, part.profile_ids)[part.profiles].astype(np.int32),
            titles=np.searchsorted(title_ids, part.title_ids)[part.titles].astype(np.int32),
        )
        for part in (train, test)
    )  # fmt: skip
    return one, other


def _codes(values: pa.Array | Sequence[str]) -> tuple[list[str], NDArray[np.int32]]:
    """The sorted distinct ids, and the position of each value among them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    ids = sorted(pc.unique(column).to_pylist())
    codes = pc.index_in(column, pa.array(ids, column.type))
    return ids, codes.to_numpy(zero_copy_only=False).astype(np.int32)


def _scale(ratings: NDArray[np.float64] | None) -> tuple[float, float] | None:
    if ratings is None or not np.isfinite(ratings).any():
        return None
    return float(np.nanmin(ratings)), float(np.nanmax(ratings))
