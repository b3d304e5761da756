"""Fill the rows of a page from ranked candidates: a title once a page, rows in personal order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.recommend.cells import cells
from jobs.recommend.policy import SOURCES
from jobs.recommend.rerank import Window, diversify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jobs.recommend.policy import Policy, Shelf
    from jobs.recommend.rank import Ranked

NOWHERE = -1


@dataclass(frozen=True)
class Traits:
    """What rows and diversity ask of titles, by title code."""

    genres: NDArray[np.bool_]
    """[titles, genres]"""
    genre_masks: NDArray[np.uint64]
    """[titles] the first 64 genres as bits"""
    franchises: NDArray[np.int32]
    """[titles] -1 where there is none"""
    fresh: NDArray[np.bool_]
    """[titles]"""


@dataclass(frozen=True)
class Tastes:
    """What makes the rows of a block of profiles their own."""

    anchors: NDArray[np.int32]
    """[profiles, anchors] titles to name in "because you watched", -1 where there is none"""
    neighbours: NDArray[np.int32]
    """[profiles, anchors, neighbours] the titles such a row may hold, -1 where there is none"""
    genres: NDArray[np.int32]
    """[profiles, genre rows] -1 where there is none"""

    @classmethod
    def none(cls, profiles: int) -> Tastes:
        """Profiles without anchors and genres."""
        empty = np.zeros((profiles, 0), np.int32)
        return cls(empty, np.zeros((profiles, 0, 0), np.int32), empty)


@dataclass(frozen=True)
class Layout:
    """The rows of a block of profiles, as places in their ranked candidates."""

    shelves: NDArray[np.int8]
    """[profiles, rows] which shelf a row is of, -1 behind the last row"""
    numbers: NDArray[np.int8]
    """[profiles, rows] which of the shelf's rows it is"""
    places: NDArray[np.int32]
    """[profiles, rows, slots] places in the ranking, -1 behind the last title"""

    @property
    def titles(self) -> NDArray[np.int64]:
        """[profiles] how many titles stand on each page."""
        titles: NDArray[np.int64] = (self.places >= 0).sum(axis=(1, 2))
        return titles

    def free(self, ranked: Ranked) -> NDArray[np.bool_]:
        """[profiles, candidates] the candidates that stand nowhere on the page."""
        used = np.zeros((len(ranked.codes), ranked.codes.shape[1] + 1), bool)
        flat = self.places.reshape(len(used), -1)
        np.put_along_axis(used, flat, True, axis=1)  # place -1 is the spare last column
        return (ranked.codes >= 0) & ~used[:, :-1]


def lay_out(
    ranked: Ranked, tastes: Tastes, traits: Traits, shelves: Sequence[Shelf], policy: Policy
) -> Layout:
    """Fill the shelves one after the other, then put the rows in order.

    A shelf's row takes the best titles that no row before it took; with fewer than its `fewest` it
    is left out, and its titles stay free.
    """
    profiles = len(ranked.codes)
    free = ranked.codes >= 0
    kinds, filled = [], []
    for kind, shelf in enumerate(shelves):
        for number in range(shelf.rows):
            eligible = free & _members(shelf.source, number, ranked, tastes, traits)
            row = _fill(eligible, ranked, _own_genre(shelf, number, tastes), traits, shelf, policy)
            rows, slots = cells(row >= 0)
            free[rows, row[rows, slots]] = False
            kinds.append((kind, number))
            filled.append(row)
    widest = max((row.shape[1] for row in filled), default=0)
    places = np.full((profiles, len(filled), widest), NOWHERE, np.int32)
    for index, row in enumerate(filled):
        places[:, index, : row.shape[1]] = row
    return _in_order(places, np.array(kinds, np.int8).reshape(-1, 2), ranked, policy)


def first_places(eligible: NDArray[np.bool_], count: int) -> NDArray[np.int32]:
    """[profiles, count] the first places that are eligible, -1 behind the last one."""
    nth = np.cumsum(eligible, axis=1, dtype=np.int32)
    rows, places = cells(eligible & (nth <= count))
    first = np.full((len(eligible), count), NOWHERE, np.int32)
    first[rows, nth[rows, places] - 1] = places
    return first


def _members(
    source: str, number: int, ranked: Ranked, tastes: Tastes, traits: Traits
) -> NDArray[np.bool_]:
    """[profiles, candidates] which candidates a shelf may hold."""
    codes = np.maximum(ranked.codes, 0)
    if source == "because_you_watched":
        if number >= tastes.neighbours.shape[1]:
            return np.zeros(codes.shape, bool)
        near = np.zeros((len(codes), len(traits.fresh) + 1), bool)
        np.put_along_axis(near, tastes.neighbours[:, number], True, axis=1)
        return np.take_along_axis(near[:, :-1], codes, axis=1)
    if source == "genre":
        if number >= tastes.genres.shape[1]:
            return np.zeros(codes.shape, bool)
        genre = tastes.genres[:, number, None]
        return traits.genres[codes, np.maximum(genre, 0)] & (genre >= 0)
    if source in SOURCES:
        proposed: NDArray[np.bool_] = (ranked.bits >> SOURCES.index(source)) & 1 == 1
        return proposed
    return np.ones(codes.shape, bool)


def _own_genre(shelf: Shelf, number: int, tastes: Tastes) -> NDArray[np.uint64]:
    """[profiles] the bit of the genre that a row is about, which is no run; else no bit."""
    if shelf.source != "genre" or number >= tastes.genres.shape[1]:
        return np.zeros(len(tastes.genres), np.uint64)
    genre = tastes.genres[:, number]
    tracked = (genre >= 0) & (genre < 64)
    return np.where(tracked, np.uint64(1) << np.maximum(genre, 0).astype(np.uint64), 0).astype(
        np.uint64
    )


def _fill(
    eligible: NDArray[np.bool_],
    ranked: Ranked,
    own_genre: NDArray[np.uint64],
    traits: Traits,
    shelf: Shelf,
    policy: Policy,
) -> NDArray[np.int32]:
    """[profiles, slots] places in the ranking, -1 where the row ends or is left out."""
    near = first_places(eligible, shelf.slots * policy.window_factor)
    if not eligible.shape[1]:
        return near[:, : shelf.slots]
    codes = np.maximum(np.take_along_axis(ranked.codes, np.maximum(near, 0), axis=1), 0)
    window = Window(
        near >= 0,
        traits.genre_masks[codes] & ~own_genre[:, None],
        traits.franchises[codes],
        traits.fresh[codes],
    )
    picked = diversify(window, shelf.slots, policy)
    row = np.take_along_axis(near, np.maximum(picked, 0), axis=1)
    short = (picked >= 0).sum(axis=1, keepdims=True) < shelf.fewest
    return np.where((picked < 0) | short, NOWHERE, row)


def _in_order(
    places: NDArray[np.int32], kinds: NDArray[np.int8], ranked: Ranked, policy: Policy
) -> Layout:
    """Order rows by the mean utility of their first titles; pinned ones first, empty ones last."""
    profiles, rows, _ = places.shape
    seen = places[:, :, : policy.visible_slots]
    flat = np.maximum(seen, 0).reshape(profiles, -1)
    if ranked.utilities.shape[1]:
        utilities = np.take_along_axis(ranked.utilities, flat, axis=1).reshape(seen.shape)
    else:
        utilities = np.zeros(seen.shape, np.float32)
    there = seen >= 0
    sums = np.where(there, utilities, 0.0).sum(axis=2, dtype=np.float64)
    worth = np.where(there[:, :, 0], sums / np.maximum(there.sum(axis=2), 1), -np.inf)
    worth[:, : policy.pinned_rows][there[:, : policy.pinned_rows, 0]] = np.inf
    order = np.argsort(-worth, axis=1, kind="stable")
    ordered = np.take_along_axis(places, order[:, :, None], axis=1)
    empty = ordered[:, :, 0] < 0 if places.shape[2] else np.ones((profiles, rows), bool)
    return Layout(
        np.where(empty, NOWHERE, kinds[order, 0]).astype(np.int8),
        np.where(empty, NOWHERE, kinds[order, 1]).astype(np.int8),
        ordered,
    )
