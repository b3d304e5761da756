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
PUBLISHED_SEED = 42
"""With this draw the random split is that of the tables of recommenders-team/recommenders
(`python_stratified_split(ratio=.75, filter_by="user", seed=42)`), row for row."""


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
    """Split one file; a pair that occurs again counts where it occurs first.

    The seed decides the random split and nothing else.
    """
    if protocol is Protocol.RANDOM:
        kept = rows.take(first_of_pairs(rows))
        chosen = drawn_share(kept.profiles, TRAINING_SHARE, seed)
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


def drawn_share(profiles: NDArray[np.generic], share: float, seed: int) -> NDArray[np.bool_]:
    """[rows] an even draw of a share of each profile's rows, rounded down.

    One number is drawn for each row in the order of the file; a profile's rows with the lowest
    numbers are chosen while their rank, from 1, is within the share of its rows.
    """
    # the old generator: only its numbers are those of the published split
    numbers = np.random.RandomState(seed).rand(len(profiles))
    codes = np.unique(profiles, return_inverse=True)[1]
    order = np.lexsort((numbers, codes))
    counts = np.bincount(codes)
    before = np.cumsum(counts) - counts
    rank = np.empty(len(profiles))
    rank[order] = np.arange(1, len(profiles) + 1) - before[codes[order]]
    chosen: NDArray[np.bool_] = rank / counts[codes] <= share
    return chosen
