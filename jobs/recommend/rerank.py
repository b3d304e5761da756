"""Reorder the best titles of a row so that it is no list of one kind, and holds something fresh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jobs.recommend.policy import Policy

TAKEN, FRANCHISE, GENRE, STALE = 8, 4, 2, 1
"""What a pick would cost; a rule gives way only to the rules with larger numbers."""


@dataclass(frozen=True)
class Window:
    """The titles from which a row is picked, best first; a place without a title is not `there`."""

    there: NDArray[np.bool_]
    """[profiles, window]"""
    genres: NDArray[np.uint64]
    """[profiles, window] genres as bits"""
    franchises: NDArray[np.int32]
    """[profiles, window] -1 where there is none"""
    fresh: NDArray[np.bool_]
    """[profiles, window] whether the title is new"""


def diversify(window: Window, slots: int, policy: Policy) -> NDArray[np.int32]:
    """[profiles, slots] places in the window for each slot, -1 where it has no more titles.

    Each slot takes the best title that breaks the fewest rules, the weightier ones first: no title
    of a franchise within `franchise_gap` slots of another, no genre in more than
    `longest_genre_run` titles in a row, a fresh title in any `fresh_every` slots.
    """
    profiles, width = window.there.shape
    picked = np.full((profiles, slots), -1, np.int32)
    if not width:
        return picked
    taken = np.where(window.there, 0, 2 * TAKEN).astype(np.uint8)
    everyone = np.arange(profiles)
    for slot in range(slots):
        cost = taken.copy()
        cost += FRANCHISE * _same_franchise(window, picked[:, :slot], policy.franchise_gap - 1)
        cost += GENRE * _runs_on(window, picked[:, :slot], policy.longest_genre_run)
        cost += STALE * _stale(window, picked[:, :slot], policy.fresh_every - 1)
        best = np.argmin(cost, axis=1)
        picked[:, slot] = np.where(cost[everyone, best] < TAKEN, best, -1)
        taken[everyone, best] = 2 * TAKEN
    return picked


def _same_franchise(window: Window, picked: NDArray[np.int32], gap: int) -> NDArray[np.uint8]:
    """[profiles, window] 1 where one of the last `gap` picks is of the same franchise."""
    same = np.zeros(window.there.shape, np.uint8)
    if gap and (window.franchises >= 0).any():
        for place in picked[:, -gap:].T:
            last = np.take_along_axis(window.franchises, np.maximum(place, 0)[:, None], axis=1)
            same |= (window.franchises == last) & (last >= 0)
    return same


def _runs_on(window: Window, picked: NDArray[np.int32], longest: int) -> NDArray[np.uint8]:
    """[profiles, window] 1 where the last `longest` picks and the title share a genre."""
    if picked.shape[1] < longest:
        return np.zeros(window.there.shape, np.uint8)
    last = np.take_along_axis(window.genres, np.maximum(picked[:, -longest:], 0), axis=1)
    shared: NDArray[np.uint64] = np.bitwise_and.reduce(last, axis=1)
    runs_on: NDArray[np.bool_] = (window.genres & shared[:, None]) != 0
    return runs_on.astype(np.uint8)


def _stale(window: Window, picked: NDArray[np.int32], others: int) -> NDArray[np.uint8]:
    """[profiles, window] 1 where neither the last `others` picks nor the title are fresh."""
    if picked.shape[1] < others:
        return np.zeros(window.there.shape, np.uint8)
    newest = np.maximum(picked[:, picked.shape[1] - others :], 0)
    last = np.take_along_axis(window.fresh, newest, axis=1)
    waiting = ~last.max(axis=1, keepdims=True, initial=False)
    stale: NDArray[np.uint8] = (waiting & ~window.fresh).astype(np.uint8)
    return stale
