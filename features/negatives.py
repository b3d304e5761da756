"""Sample the titles that a profile did not watch, the same ones in every run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.watches import Watches

NEGATIVES_A_WATCH = 4
"""How many unwatched titles stand beside a watched one."""
NEVER = np.iinfo(np.int64).max
"""A time that does not come."""
ROUNDS = 24
"""How often a place is drawn again before it stays empty: a profile may have watched nearly all."""
PATIENCE = 12
"""From this round on all draw evenly: a profile may have watched nearly all that is popular."""


@dataclass(frozen=True)
class Negatives:
    """Sampled labels: the watched label each belongs to, and a title."""

    beside: NDArray[np.int64]
    titles: NDArray[np.int32]


def sample(
    watches: Watches,
    profiles: NDArray[np.int32],
    as_of: NDArray[np.int64],
    available: tuple[NDArray[np.int64], NDArray[np.int64]],
    seed: int,
) -> Negatives:
    """Draw four titles beside each watch, distinct among watches of one profile and time.

    Half of the places draw evenly from the catalogue, so that a model learns where the tail of it
    belongs; half draw a random earlier watch of anybody, which is popularity as then known, so that
    being popular alone does not win. Never drawn: what the profile watches at any time, and what is
    not `available` ([titles] from and [titles] until, microseconds; from the end of time on for
    what is not in the catalogue).
    """
    size = len(watches.title_ids)
    group, place = _places(profiles, as_of)
    watched = np.sort(watches.pairs)
    catalogue = np.flatnonzero(available[0] < NEVER)
    known = np.argsort(watches.moments, kind="stable")
    before = np.searchsorted(watches.moments[known], as_of, side="left")
    key = _hash(seed, watches.profile_ids)[profiles] ^ as_of.astype(np.uint64)
    chosen = np.full((len(profiles), NEGATIVES_A_WATCH), -1, np.int64)
    for round_ in range(ROUNDS if len(catalogue) else 0):
        rows, slots = np.nonzero(chosen < 0)
        number = (place[rows] * NEGATIVES_A_WATCH + slots) * ROUNDS + round_
        u = _uniform(key[rows] + number.astype(np.uint64) * _STEP)
        even = (slots % 2 == 0) | (before[rows] == 0) | (round_ >= PATIENCE)
        drawn = catalogue[(u * len(catalogue)).astype(np.int64)]
        drawn[~even] = watches.titles[known[(u * before[rows]).astype(np.int64)[~even]]]
        fine = (available[0][drawn] <= as_of[rows]) & (as_of[rows] < available[1][drawn])
        fine &= ~_among(watched, profiles[rows].astype(np.int64) * size + drawn)
        rows, slots, drawn = rows[fine], slots[fine], drawn[fine]
        first = _first_of_its_kind(chosen, group, rows, drawn, size)
        chosen[rows[first], slots[first]] = drawn[first]
    beside, slots = np.nonzero(chosen >= 0)
    return Negatives(beside, chosen[beside, slots].astype(np.int32))


def _places(
    profiles: NDArray[np.int32], as_of: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """[labels] the group of labels that share profile and time, and the place in it."""
    order = np.lexsort((as_of, profiles))
    p, t = profiles[order], as_of[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (p[1:] != p[:-1]) | (t[1:] != t[:-1])
    number = np.cumsum(fresh) - 1
    group, place = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
    group[order] = number
    place[order] = np.arange(len(order)) - np.flatnonzero(fresh)[number]
    return group, place


def _first_of_its_kind(
    chosen: NDArray[np.int64],
    group: NDArray[np.int64],
    rows: NDArray[np.int64],
    drawn: NDArray[np.int64],
    size: int,
) -> NDArray[np.int64]:
    """The draws whose group has not drawn the title, in an earlier round or place."""
    old_rows, old_slots = np.nonzero(chosen >= 0)
    old = np.sort(group[old_rows] * size + chosen[old_rows, old_slots])
    keys = group[rows] * size + drawn
    _, first = np.unique(keys, return_index=True)
    fresh: NDArray[np.int64] = first[~_among(old, keys[first])]
    return fresh


def _among(known: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.bool_]:
    """[asked] whether each is one of the sorted known ones."""
    if not len(known):
        return np.zeros(len(asked), bool)
    nearest = known[np.minimum(np.searchsorted(known, asked), len(known) - 1)]
    found: NDArray[np.bool_] = nearest == asked
    return found


_STEP = np.uint64(0x9E3779B97F4A7C15)


def _hash(seed: int, ids: list[str]) -> NDArray[np.uint64]:
    """[ids] a number of an id that does not depend on who else there is."""
    digests = (hashlib.blake2b(f"{seed}/{one}".encode(), digest_size=8).digest() for one in ids)
    return np.frombuffer(b"".join(digests), np.uint64)


def _uniform(keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    """[keys] numbers in [0, 1): the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    mixed = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)
