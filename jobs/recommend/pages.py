"""Turn laid-out rows into pages: titles, source bits and propensities, explored slots drawn."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from jobs.recommend.explore import draw, draws
from jobs.recommend.rows import first_places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from jobs.recommend.policy import ExploredSlot, Policy, Shelf
    from jobs.recommend.rank import Ranked
    from jobs.recommend.rows import Layout, Tastes

T = TypeVar("T", bound=np.generic)
ROW_SOURCES = ("top_picks", "because_you_watched", "trending", "new", "popular", "genre")
SLOTS_A_ROW = 1000  # tells the draws of one row's slots from another's


@dataclass(frozen=True)
class Draws:
    """What random draws derive from."""

    seed: int
    night: date
    profile_ids: Sequence[str]
    """Those of the block."""


@dataclass(frozen=True)
class Pages:
    """The pages of a block of profiles; -1 is no row, no title, no reason."""

    sources: NDArray[np.int8]
    """[profiles, rows] places in ROW_SOURCES"""
    because_of: NDArray[np.int32]
    """[profiles, rows] title codes"""
    genres: NDArray[np.int32]
    """[profiles, rows] genre codes"""
    titles: NDArray[np.int32]
    """[profiles, rows, slots] title codes"""
    bits: NDArray[np.uint8]
    """[profiles, rows, slots] source bits"""
    propensities: NDArray[np.float32]
    """[profiles, rows, slots] P(this title in this slot | inputs)"""
    popular: NDArray[np.bool_]
    """[profiles] whether this is the popular page of the region"""

    def take(self, places: NDArray[np.int64]) -> Pages:
        """The pages at these places, in their order."""
        return Pages(*(getattr(self, field.name)[places] for field in fields(self)))


def assemble(layout: Layout, ranked: Ranked, tastes: Tastes, shelves: Sequence[Shelf]) -> Pages:
    """Look up what stands in each slot; nothing is explored yet."""
    kinds = np.array([ROW_SOURCES.index(shelf.source) for shelf in shelves], np.int8)
    sources = np.where(layout.shelves >= 0, kinds[layout.shelves], -1).astype(np.int8)
    there = layout.places >= 0
    titles = np.where(there, _at(ranked.codes, layout.places), -1)
    bits = np.where(there, _at(ranked.bits, layout.places), 0)
    return Pages(
        sources,
        _of_row(tastes.anchors, layout, sources == ROW_SOURCES.index("because_you_watched")),
        _of_row(tastes.genres, layout, sources == ROW_SOURCES.index("genre")),
        titles.astype(np.int32),
        bits.astype(np.uint8),
        there.astype(np.float32),
        np.zeros(len(titles), bool),
    )


def explore(pages: Pages, layout: Layout, ranked: Ranked, policy: Policy, random: Draws) -> Pages:
    """Draw the title of every explored slot: the one that stands there, or one from nowhere else.

    Several slots divide the free titles among them by turns, so that the draws are independent and
    each stored propensity is that of its own slot, whatever the other slots drew.
    """
    free = first_places(layout.free(ranked), _deepest(policy))
    for turn, slot in enumerate(policy.explored):
        pool = free[:, turn :: len(policy.explored)][:, : len(slot.weights) - 1]
        pages = _explore_slot(pages, layout, ranked, slot, pool, random)
    return pages


def _explore_slot(
    pages: Pages,
    layout: Layout,
    ranked: Ranked,
    slot: ExploredSlot,
    pool: NDArray[np.int32],
    random: Draws,
) -> Pages:
    its_row = pages.sources == ROW_SOURCES.index(slot.source)
    filled = its_row & (layout.places[:, :, slot.slot] >= 0)
    profiles = np.nonzero(filled.any(axis=1))[0]
    rows = np.argmax(filled[profiles], axis=1)
    stands = layout.places[profiles, rows, slot.slot]
    choices = np.column_stack((stands, pool[profiles]))
    stream = ROW_SOURCES.index(slot.source) * SLOTS_A_ROW + slot.slot
    drawn = draws(random.seed, random.night, random.profile_ids, stream)[profiles]
    chosen, probabilities = draw(choices >= 0, slot.weights, drawn)
    place = choices[np.arange(len(profiles)), chosen]
    titles, bits = pages.titles.copy(), pages.bits.copy()
    propensities = pages.propensities.copy()
    cells = (profiles, rows, slot.slot)
    titles[cells] = ranked.codes[profiles, place]
    bits[cells] = ranked.bits[profiles, place]
    propensities[cells] = probabilities
    return replace(pages, titles=titles, bits=bits, propensities=propensities)


def fall_back(
    pages: Pages, alone: NDArray[np.bool_], popular: Pages, regions: NDArray[np.int32]
) -> Pages:
    """Give profiles that stand `alone` the popular page of their region (-1: everywhere)."""
    theirs = popular.take(regions[alone].astype(np.int64))
    merged = []
    for field in fields(Pages):
        own, shared = getattr(pages, field.name), getattr(theirs, field.name)
        empty = 0 if field.name in ("bits", "propensities", "popular") else -1
        shape = (len(own), *np.maximum(own.shape[1:], shared.shape[1:]))
        both = np.full(shape, empty, own.dtype)
        both[tuple(slice(0, length) for length in own.shape)] = own
        both[alone] = _padded(shared, shape[1:], empty)
        merged.append(both)
    return Pages(*merged)


def _padded(values: NDArray[T], shape: tuple[int, ...], empty: int) -> NDArray[T]:
    """The same values in rows of a larger shape."""
    wide = [
        (0, 0),
        *((0, more - length) for more, length in zip(shape, values.shape[1:], strict=True)),
    ]
    return np.pad(values, wide, constant_values=empty)


def _at(values: NDArray[T], places: NDArray[np.int32]) -> NDArray[T]:
    """[profiles, rows, slots] values [profiles, candidates] at places, anything where none is."""
    if not values.shape[1]:
        return np.zeros(places.shape, values.dtype)
    flat = np.maximum(places, 0).reshape(len(places), -1)
    return np.take_along_axis(values, flat, axis=1).reshape(places.shape)


def _of_row(
    values: NDArray[np.int32], layout: Layout, about: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """[profiles, rows] the anchor or genre that each row is about, -1 for other rows."""
    if not values.shape[1]:
        return np.full(about.shape, -1, np.int32)
    numbers = np.clip(layout.numbers, 0, values.shape[1] - 1).astype(np.int64)
    return np.where(about, np.take_along_axis(values, numbers, axis=1), -1).astype(np.int32)


def _deepest(policy: Policy) -> int:
    return len(policy.explored) * max((len(s.weights) for s in policy.explored), default=0)
