"""Divide interactions into what models learn from and what they are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.evaluate.interactions import together
from jobs.evaluate.protocol import GIVEN, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jobs.evaluate.interactions import Interactions

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
    left_out: int = 0
    """Rows that could not be read."""
    seed: int | None = None
    """What drew it, if anything did."""

    @property
    def judged(self) -> NDArray[np.int32]:
        """The profiles with a title to find that they have not watched, and with history."""
        new = ~np.isin(self.test.pairs, self.train.pairs)
        known = np.isin(self.test.profiles, self.train.profiles)
        return np.unique(self.test.profiles[new & known])


def split_rows(rows: Interactions, protocol: Protocol, seed: int) -> Split:
    """Split one file; a pair that occurs again counts where it occurs first.

    The seed decides the random split and nothing else.
    """
    if protocol is Protocol.RANDOM:
        kept = rows.take(first_of_pairs(rows))
        chosen = drawn_share(kept.profiles, TRAINING_SHARE, seed)
        return Split(kept.take(chosen), kept.take(~chosen), protocol, "none", rows.left_out, seed)
    if protocol is Protocol.LAST:
        kept = rows.take(first_of_pairs(rows))
        last = last_of_profiles(kept)
        order = "none" if kept.timeless else "profile"
        return Split(kept.take(~last), kept.take(last), protocol, order, rows.left_out)
    ordered = np.sort(rows.times)
    cut = ordered[int(len(ordered) * EARLY_SHARE)]
    early = rows.times < cut  # of rows that share the second of the cut, all are later
    return Split(rows.take(early), rows.take(~early), protocol, "global", rows.left_out)


def given(first: Interactions, second: Interactions) -> Split:
    """The split that two files make; how far it follows time is found out."""
    train, test = together(first, second)
    return Split(train, test, GIVEN, _order(train, test), first.left_out + second.left_out)


def _order(train: Interactions, test: Interactions) -> str:
    if train.timeless:
        return "none"
    if test.times.min() >= train.times.max():
        return "global"
    newest = np.full(len(train.profile_ids), -np.inf)  # nothing is older than no history
    np.maximum.at(newest, train.profiles, train.times)
    later = test.times >= newest[test.profiles]
    return "profile" if later.all() else "none"


def first_of_pairs(rows: Interactions) -> NDArray[np.bool_]:
    """[rows] whether a row is the earliest of its profile and title, of equal ones the first."""
    pairs = rows.pairs
    order = np.lexsort((rows.times, pairs))
    first = np.ones(len(rows), bool)
    first[1:] = pairs[order][1:] != pairs[order][:-1]
    kept = np.zeros(len(rows), bool)
    kept[order] = first
    return kept


def last_of_profiles(rows: Interactions) -> NDArray[np.bool_]:
    """[rows] whether a row is its profile's newest, of those at one time the last in the file.

    A profile with one row keeps it: with nothing to learn from there is nothing to judge.
    """
    order = np.lexsort((rows.times, rows.profiles))
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
