"""Hold what is known of titles and profiles as arrays by code; unknown stays unknown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

MASK_BITS = 64


@dataclass(frozen=True)
class Catalogue:
    """The titles of a night, those that only histories know included."""

    title_ids: list[str]
    names: list[str]
    """The id where a title has no name."""
    listed: NDArray[np.bool_]
    """[titles] whether the catalogue of the night holds it; what it does not hold was removed."""
    genre_names: list[str]
    """The most frequent first."""
    genres: NDArray[np.bool_]
    """[titles, genres]"""
    years: NDArray[np.float64]
    """[titles] NaN where unknown, as in all columns below"""
    available_from: NDArray[np.float64]
    """[titles] seconds since 1970"""
    available_until: NDArray[np.float64]
    """[titles] seconds since 1970"""
    maturity: NDArray[np.float64]
    """[titles]"""
    region_names: list[str]
    """The regions that any title or profile names, sorted."""
    regions: NDArray[np.bool_]
    """[titles, regions] where it may be shown; no region at all means unknown"""
    franchises: NDArray[np.int32]
    """[titles] -1 where unknown"""
    plays: NDArray[np.bool_]
    """[titles] whether streams of it play, or nobody asks that"""

    @classmethod
    def bare(cls, title_ids: list[str], region_names: Sequence[str] = ()) -> Catalogue:
        """Titles of which nothing but the id is known, all listed."""
        titles = len(title_ids)
        unknown = np.full(titles, np.nan)
        return cls(
            title_ids, title_ids, np.ones(titles, bool), [], np.zeros((titles, 0), bool),
            unknown, unknown, unknown, unknown,
            list(region_names), np.zeros((titles, len(region_names)), bool),
            np.full(titles, -1, np.int32), np.ones(titles, bool),
        )  # fmt: skip

    @classmethod
    def of(
        cls, table: pa.Table, title_ids: list[str], region_names: Sequence[str] = ()
    ) -> Catalogue:
        """Read the rows of TITLES; `title_ids`, sorted, holds all of theirs and may hold more."""
        titles = len(title_ids)
        codes = codes_of(table["title_id"], title_ids)
        regions = sorted({*region_names, *_values(table["regions"])})
        genres = by_frequency(_values(table["genres"]))
        franchise_names = sorted({one for one in table["franchise"].to_pylist() if one})
        franchises = np.full(titles, -1, np.int32)
        franchises[codes] = codes_of(table["franchise"], franchise_names)
        names = np.array(title_ids, dtype=object)
        given = table["name"].to_numpy(zero_copy_only=False)
        names[codes] = np.where(given == None, names[codes], given)  # noqa: E711
        listed = np.zeros(titles, bool)
        listed[codes] = True
        return cls(
            title_ids, [str(name) for name in names], listed,
            genres, members(table["genres"], codes, titles, genres),
            numbers(table["year"], codes, titles),
            numbers(table["available_from"], codes, titles),
            numbers(table["available_until"], codes, titles),
            numbers(table["maturity"], codes, titles),
            regions, members(table["regions"], codes, titles, regions),
            franchises, np.ones(titles, bool),
        )  # fmt: skip

    @property
    def genre_masks(self) -> NDArray[np.uint64]:
        """[titles] the 64 most frequent genres as bits, so that a run is an AND of words."""
        bits = np.uint64(1) << np.arange(min(MASK_BITS, len(self.genre_names)), dtype=np.uint64)
        masks: NDArray[np.uint64] = (self.genres[:, :MASK_BITS] * bits).sum(axis=1, dtype=np.uint64)
        return masks

    def released(self, first_watched: NDArray[np.float64]) -> NDArray[np.float64]:
        """[titles] seconds since 1970: availability, else the end of the year, else first watch.

        A title known by its year alone counts from the end of that year: its youngest possible age.
        """
        ends = np.array([_year_end(int(y)) for y in np.nan_to_num(self.years, nan=1970)])
        by_year = np.where(np.isnan(self.years), first_watched, ends)
        return np.where(np.isnan(self.available_from), by_year, self.available_from)


@dataclass(frozen=True)
class Audience:
    """The profiles of a night; region codes are positions in `Catalogue.region_names`."""

    regions: NDArray[np.int32]
    """[profiles] -1 where unknown"""
    maturity_limits: NDArray[np.float64]
    """[profiles] NaN where unknown"""

    @classmethod
    def bare(cls, profiles: int) -> Audience:
        """Profiles of which nothing is known."""
        return cls(np.full(profiles, -1, np.int32), np.full(profiles, np.nan))

    @classmethod
    def of(cls, table: pa.Table, profile_ids: list[str], region_names: list[str]) -> Audience:
        """Read the rows of PROFILES; `profile_ids`, sorted, holds all of theirs."""
        codes = codes_of(table["profile_id"], profile_ids)
        regions = np.full(len(profile_ids), -1, np.int32)
        regions[codes] = codes_of(table["region"], region_names)
        return cls(regions, numbers(table["maturity_limit"], codes, len(profile_ids)))


def codes_of(column: pa.ChunkedArray, ids: list[str]) -> NDArray[np.int64]:
    """The position of each value in sorted `ids`, -1 for null and for what is not there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.index_in(column.combine_chunks(), value_set=pa.array(ids, pa.string()))
    return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), np.int64)


def numbers(column: pa.ChunkedArray, codes: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    """A numeric or timestamp column by code, NaN where null; timestamps become seconds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type):
        column = pc.divide(pc.cast(column.cast(pa.int64()), pa.float64()), 1e6)
    values = np.full(length, np.nan)
    values[codes] = pc.cast(column, pa.float64()).to_numpy()
    return values


def members(
    column: pa.ChunkedArray, codes: NDArray[np.int64], length: int, names: list[str]
) -> NDArray[np.bool_]:
    """[length, names] which names the list of each row holds."""
    import pyarrow.compute as pc

    lists = column.combine_chunks()
    rows = codes[pc.list_parent_indices(lists).to_numpy()]
    places = codes_of(_chunked(pc.list_flatten(lists)), names)
    found = np.zeros((length, len(names)), bool)
    found[rows[places >= 0], places[places >= 0]] = True
    return found


def shares(
    column: pa.ChunkedArray, codes: NDArray[np.int64], length: int, names: list[str]
) -> NDArray[np.float32]:
    """[length, names] a column of maps from name to share, 0 where the map has no such name."""
    maps = column.combine_chunks()
    counts = np.diff(maps.offsets.to_numpy())
    rows = np.repeat(codes, counts)
    start, end = maps.offsets[0].as_py(), maps.offsets[-1].as_py()
    places = codes_of(_chunked(maps.keys[start:end]), names)
    found = np.zeros((length, len(names)), np.float32)
    known = places >= 0
    found[rows[known], places[known]] = maps.items[start:end].to_numpy()[known]
    return found


def by_frequency(values: list[str]) -> list[str]:
    """Distinct values, the most frequent first, equal ones by name."""
    names, counts = np.unique(np.array(values, dtype=np.str_), return_counts=True)
    return [str(names[place]) for place in np.lexsort((names, -counts))]


def _chunked(values: pa.Array) -> pa.ChunkedArray:
    import pyarrow as pa

    return pa.chunked_array([values])


def _values(column: pa.ChunkedArray) -> list[str]:
    import pyarrow.compute as pc

    return [one for one in pc.list_flatten(column.combine_chunks()).to_pylist() if one]


def _year_end(year: int) -> float:
    return datetime(year + 1, 1, 1, tzinfo=UTC).timestamp()
