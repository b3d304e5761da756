"""Choose the parts of training from which the ranker of an evaluation learns, in the likeness of its split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.watches import as_microseconds
from jobs.evaluate.protocols import last_of_profiles
from jobs.evaluate.world import world_of
from jobs.training.moments import training_moments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from jobs.evaluate.protocols import Split
    from jobs.training.snapshot import World

HELD_OUT_SHARES = 5
"""Where time says nothing, one training pair in five is left out and to be found again."""
RANDOM_FOLDS = 2
"""Two of those five, which keeps the fitting of models on each affordable."""


@dataclass(frozen=True)
class Part:
    """What a fold knows, and what it is to find."""

    known: World
    later: World
    at: int
    """The end of what is known, microseconds since 1970."""


def parts_of(split: Split, seed: int) -> list[Part]:
    """Parts like the split: cut at moments, by each profile's last watch, or at random.

    No pair to be found is among what is known unless it was watched before, when it is no longer
    to be found: so none describes itself.
    """
    parts = []
    for held, at in _held_out(split, seed):
        known, later = (world_of(split.train.take(part)) for part in (~held, held))
        if known.events.num_rows and later.events.num_rows:
            parts.append(Part(known, later, end_of(known) if at is None else at))
    return parts


def end_of(world: World) -> int:
    """Just after the newest event, microseconds since 1970."""
    return int(as_microseconds(world.events["event_time"]).max()) + 1


def _held_out(split: Split, seed: int) -> Iterator[tuple[NDArray[np.bool_], int | None]]:
    """[training rows] what each fold leaves out, and the moment at which it stands, if at one."""
    rows = split.train
    if split.order == "global":
        for at in training_moments(rows.moments):
            yield rows.moments >= at, at
    elif split.order == "profile":
        yield last_of_profiles(rows), None
    else:
        distinct, places = np.unique(rows.pairs, return_inverse=True)
        share = np.random.default_rng(seed).integers(0, HELD_OUT_SHARES, len(distinct))
        for fold in range(RANDOM_FOLDS):
            yield share[places] == fold, None
