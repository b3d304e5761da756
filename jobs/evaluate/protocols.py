"""Divide interactions into what models learn from and what they are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.evaluate.protocol import GIVEN, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jobs.evaluate.read import Interactions

TRAINING_SHARE = 0.75
EARLY_SHARE = 0.8


@dataclass(frozen=True)
class Split:
    """What models may see, and what is to be found."""

    train: Interactions
    test: Interactions
    protocol: str
    order: str
    """What a test row says of time: later than all of training (global), than its profile's rows
    (profile), or nothing (none)."""


def split_rows(rows: Interactions, protocol: Protocol, seed: int) -> Split:
    """Split one file; a pair that occurs again counts where it occurs first."""
    if protocol is Protocol.RANDOM:
        kept = rows.take(first_of_pairs(rows))
        chosen = _random_share(kept, TRAINING_SHARE, seed)
        return Split(kept.take(chosen), kept.take(~chosen), protocol, "none")
    if protocol is Protocol.LAST:
        kept = rows.take(first_of_pairs(rows))
        last = last_of_profiles(kept)
        order = "none" if kept.timeless else "profile"
        return Split(kept.take(~last), kept.take(last), protocol, order)
    ordered = np.sort(rows.times)
    cut = ordered[int(len(ordered) * EARLY_SHARE)]
    early = rows.times < cut  # of rows that share the second of the cut, all are later
    return Split(rows.take(early), rows.take(~early), protocol, "global")


def given(train: Interactions, test: Interactions) -> Split:
    """The split that two files make; how far it follows time is found out."""
    if train.timeless or test.timeless:
        return Split(train, test, GIVEN, "none")
    if test.times.min() >= train.times.max():
        return Split(train, test, GIVEN, "global")
    profiles, codes = np.unique(train.profiles, return_inverse=True)
    newest = np.full(len(profiles), -np.inf)
    np.maximum.at(newest, codes, train.times)
    places = np.searchsorted(profiles, test.profiles).clip(max=len(profiles) - 1)
    known = profiles[places] == test.profiles
    later = test.times[known] >= newest[places[known]]
    return Split(train, test, GIVEN, "profile" if later.all() else "none")


def first_of_pairs(rows: Interactions) -> NDArray[np.bool_]:
    """[rows] whether a row is the earliest of its profile and title."""
    order = np.lexsort((np.arange(len(rows)), rows.times, rows.titles, rows.profiles))
    profiles, titles = rows.profiles[order], rows.titles[order]
    first = np.ones(len(rows), bool)
    first[1:] = (profiles[1:] != profiles[:-1]) | (titles[1:] != titles[:-1])
    kept = np.zeros(len(rows), bool)
    kept[order] = first
    return kept


def last_of_profiles(rows: Interactions) -> NDArray[np.bool_]:
    """[rows] whether a row is its profile's newest, of those at one time the last in the file.

    A profile with one row keeps it: with nothing to learn from there is nothing to judge.
    """
    order = np.lexsort((np.arange(len(rows)), rows.times, rows.profiles))
    profiles = rows.profiles[order]
    last = np.ones(len(rows), bool)
    last[:-1] = profiles[1:] != profiles[:-1]
    first = np.ones(len(rows), bool)
    first[1:] = last[:-1]
    chosen = np.zeros(len(rows), bool)
    chosen[order] = last & ~first
    return chosen


def _random_share(rows: Interactions, share: float, seed: int) -> NDArray[np.bool_]:
    """[rows] an even draw of a share of each profile's rows, rounded to the nearest."""
    profiles = np.unique(rows.profiles, return_inverse=True)[1]
    order = np.lexsort((np.random.default_rng(seed).random(len(rows)), profiles))
    counts = np.bincount(profiles)
    starts = np.cumsum(counts) - counts
    place = np.empty(len(rows))
    place[order] = np.arange(len(rows)) - starts[profiles[order]]
    chosen: NDArray[np.bool_] = place < np.round(share * counts[profiles])
    return chosen
