"""Make pages as recommend builds them: ten rows of twenty titles, some rows much alike for all."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from serving_export.manifest import Manifest
from serving_export.publish import Night

NIGHT = date(2026, 1, 31)
TITLES = 10_000
SLOTS = 20
SHARED = ("Trending now", "New", "Popular")
GENRES = ("Drama", "Comedy", "Action", "Thriller", "Romance", "Science fiction", "War", "Horror")
REGIONS = ("DE", "FR", "GB", "US")
SOURCES = (
    "two_tower", "co_watch", "transitions", "content",
    "popular", "trending", "new", "because_you_watched",
)  # fmt: skip
ROWS = 1 + 3 + len(SHARED) + 3


def night(profiles: int, seed: int = 7, night: date = NIGHT) -> Night:
    """A night of so many profiles, ready to publish."""
    pages = pa.concat_tables([personal(profiles, seed, night), popular(night)])
    return Night(night, Manifest({"seed": seed, "night": str(night)}, {}), pages, titles(), SOURCES)


def titles() -> pa.Table:
    """The catalogue: ids as MovieLens has them, names of ordinary length."""
    numbers = range(1, TITLES + 1)
    return pa.table({
        "title_id": [str(number) for number in numbers],
        "name": [f"The title of number {number}" for number in numbers],
        "year": pa.array([1950 + number % 76 for number in numbers], pa.int32()),
        "genres": [[GENRES[number % 8], GENRES[number % 7]] for number in numbers],
    })  # fmt: skip


def personal(profiles: int, seed: int, night: date) -> pa.Table:
    """Pages: titles long-tailed, a fifth of each shared row personal, one slot explored."""
    rng = np.random.default_rng(seed)
    weights = 1 / (np.arange(TITLES) + 10) ** 0.8
    shape = (profiles, ROWS, SLOTS)
    codes = rng.choice(TITLES, shape, p=weights / weights.sum())
    for place in range(4, 4 + len(SHARED)):
        pool = np.arange(place * 100, place * 100 + 26)
        kept = np.argsort(rng.random((profiles, 26)) + 0.04 * np.arange(26), axis=1)[:, :SLOTS]
        codes[:, place] = pool[np.sort(kept, axis=1)]
    bits = (1 << rng.integers(0, 4, shape)) | np.where(rng.random(shape) < 0.4, 1, 0)
    bits |= np.where(rng.random(shape) < 0.2, 16, 0)
    bits[:, 4:7] = np.array([32, 64, 16])[:, None]
    chances = np.ones(shape, np.float32)
    chances[:, 0, 4] = 0.05
    why = np.full((profiles, ROWS), -1)
    why[:, 1:4] = rng.choice(TITLES, (profiles, 3), p=weights / weights.sum())
    genres = np.argsort(rng.random((profiles, len(GENRES))), axis=1)[:, :3]
    return table(
        [f"{number:08d}" for number in range(profiles)],
        rng.choice(REGIONS, profiles), False, codes, bits, chances, why, genres, night,
    )  # fmt: skip


def popular(night: date) -> pa.Table:
    """The popular page of each region and of everywhere."""
    regions = np.array([*REGIONS, ""])
    shape = (len(regions), ROWS, SLOTS)
    codes = np.broadcast_to(np.arange(ROWS * SLOTS).reshape(1, ROWS, SLOTS), shape)
    return table(
        [""] * len(regions), regions, True, codes, np.full(shape, 16),
        np.ones(shape, np.float32), np.full(shape[:2], -1), np.zeros((len(regions), 3), int), night,
    )  # fmt: skip


def table(
    profiles: list[str],
    regions: np.ndarray,
    popular: bool,
    codes: np.ndarray,
    bits: np.ndarray,
    chances: np.ndarray,
    why: np.ndarray,
    genres: np.ndarray,
    night: date,
) -> pa.Table:
    """The columns of gold.pages."""
    rows = pa.StructArray.from_arrays(
        [*shelves(why, genres), *slots(codes, bits, chances)],
        ["name", "source", "because_of", "title_ids", "source_bits", "propensities"],
    )
    ends = pa.array(np.arange(0, codes.shape[0] * ROWS + 1, ROWS, dtype=np.int32))
    return pa.table({
        "profile_id": profiles,
        "region": pa.array(regions.tolist(), pa.string()),
        "popular": [popular] * len(profiles),
        "rows": pa.ListArray.from_arrays(ends, rows),
        "night": [night] * len(profiles),
    })  # fmt: skip


def shelves(why: np.ndarray, genres: np.ndarray) -> list[pa.Array]:
    """Name, source and because_of of every row, [pages * ROWS]."""
    because = [f"Because you watched The title of number {title}" for title in ids().to_pylist()]
    names = pa.array(["Top picks for you", *SHARED, *GENRES, *because])
    kinds = ["top_picks", "trending", "new", "popular", *(f"genre:{genre}" for genre in GENRES)]
    sources = pa.array(kinds + ["because_you_watched"] * TITLES)
    shelf = np.zeros(why.shape, int)
    shelf[:, 1:4] = np.where(why[:, 1:4] >= 0, len(kinds) + why[:, 1:4], 0)
    shelf[:, 4:7] = np.arange(1, 4)
    shelf[:, 7:] = 4 + genres
    places = pa.array(shelf.ravel())
    because_of = ids().take(pa.array(why.ravel(), mask=why.ravel() < 0))
    return [names.take(places), sources.take(places), because_of]


def slots(codes: np.ndarray, bits: np.ndarray, chances: np.ndarray) -> list[pa.Array]:
    """Titles, source bits and propensities of every row, [pages * ROWS] lists of SLOTS."""
    ends = pa.array(np.arange(0, codes.size + 1, SLOTS, dtype=np.int32))
    values = (
        ids().take(pa.array(codes.ravel())),
        pa.array(bits.ravel().astype(np.int32)),
        pa.array(chances.ravel()),
    )
    return [pa.ListArray.from_arrays(ends, column) for column in values]


def ids() -> pa.Array:
    """Title code to id, in no order."""
    numbers = np.random.default_rng(1).permutation(TITLES) + 1
    return pa.array([str(number) for number in numbers])
