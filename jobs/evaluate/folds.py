"""Make the folds from which the ranker of an evaluation learns, in the likeness of its split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.watches import as_microseconds
from jobs.evaluate.protocols import last_of_profiles
from jobs.evaluate.world import world_of
from jobs.training.lists import Fold
from jobs.training.moments import training_moments
from jobs.training.snapshot import Snapshot, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from jobs.evaluate.protocols import Split
    from jobs.training.snapshot import FitTwoTower

HELD_OUT_SHARES = 5
"""Where time says nothing, one training pair in five is left out and to be found again."""
RANDOM_FOLDS = 2
"""Two of those five, which keeps the fitting of models on each affordable."""


def end_of(world: World) -> int:
    """Just after the newest event, microseconds since 1970."""
    return int(as_microseconds(world.events["event_time"]).max()) + 1


def folds_of(split: Split, fit_two_tower: FitTwoTower, seed: int) -> Iterator[Fold]:
    """Folds like the split: cut at moments, by each profile's last watch, or at random.

    What is to be found is never among what a fold learns from, so no pair describes itself.
    """
    if split.order == "global":
        world = world_of(split.train)
        for at in training_moments(world.watches.moments):
            known, later = world.split(at)
            yield Fold(Snapshot.of(known, at, fit_two_tower), later)
        return
    for held in _held_out(split, seed):
        known, later = (world_of(split.train.take(part)) for part in (~held, held))
        yield Fold(Snapshot.of(known, end_of(known), fit_two_tower), later)


def _held_out(split: Split, seed: int) -> Iterator[NDArray[np.bool_]]:
    """[training rows] what each fold leaves out."""
    rows = split.train
    if split.order == "profile":
        yield last_of_profiles(rows)
        return
    distinct, places = np.unique(rows.pairs, return_inverse=True)
    share = np.random.default_rng(seed).integers(0, HELD_OUT_SHARES, len(distinct))
    for fold in range(RANDOM_FOLDS):
        yield share[places] == fold
