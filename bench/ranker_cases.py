"""Divide logs for a comparison of rankers: each is fitted on the same rows and ranks the same candidates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from bench.disagreeing import disagreeing
from bench.movielens import rows as lines
from jobs.evaluate.folds import end_of, parts_of
from jobs.evaluate.interactions import Interactions
from jobs.evaluate.protocol import Protocol
from jobs.evaluate.protocols import EARLY_SHARE, split_rows
from jobs.evaluate.world import world_of
from jobs.training.fit_models import fit_models
from jobs.training.lists import Fold, lists_of
from jobs.training.moments import training_moments
from jobs.training.snapshot import Snapshot
from models.ranker.examples import Rows
from models.ranker.fit import learnable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from jobs.training.snapshot import World
    from models.ranker.examples import Columns
    from models.ranker.night_ranker import Knowledge

DRAWS, MADE = (42, 1), (1, 2)


@dataclass
class Remembering:
    """What a moment knows, without asking it twice: every contender ranks the same candidates."""

    knowledge: Knowledge
    told: dict[tuple[int, int, int], Columns] = field(default_factory=dict)

    def columns(self, profiles: NDArray[np.int32], titles: NDArray[np.int32]) -> Columns:
        """As `Knowledge.columns`."""
        key = len(profiles), int(profiles[0]), int(titles[0])
        if key not in self.told:
            self.told[key] = self.knowledge.columns(profiles, titles)
        return self.told[key]


class Case(NamedTuple):
    """One log, divided."""

    rows: Rows
    """What rankers learn from."""
    names: list[str]
    snapshot: Snapshot
    judged: Rows
    """The hardest candidates of the judged part."""
    wanted: dict[str, tuple[NDArray[np.int64], NDArray[np.int32]]]
    """Head to the titles of which it came true, as compressed rows."""


def case_of(folds: list[Fold], at: Snapshot, later: World, seed: int) -> Case:
    """Make the rows of all contenders once."""
    rows = Rows.joined([lists_of(fold.snapshot, fold.later, seed) for fold in folds])
    kinds = later.events["type"].to_numpy()
    liked = np.isin(later.pairs, later.pairs[kinds == "like"])
    parts = {"watched": later, "completed": later.part(kinds == "complete"), "liked": later.part(liked)}  # fmt: skip
    wanted = {
        head.name: at.watched_after(parts[head.name])
        for head in learnable(rows)[0]
    }  # fmt: skip
    knowledge = cast("Knowledge", Remembering(at.knowledge))
    names = at.knowledge.scores.names
    return Case(rows, names, replace(at, knowledge=knowledge), lists_of(at, later, seed), wanted)


def movielens(protocol: Protocol, outer: int, seed: int) -> Case:
    """A split of the training part of a split."""
    profiles, titles, ratings, times = np.array(lines("inter")).T
    every = Interactions.of(
        profiles.tolist(), titles.tolist(), times.astype(float), ratings.astype(float)
    )
    inner = split_rows(split_rows(every, protocol, outer).train, protocol, outer)
    models, known = fit_models(seed), world_of(inner.train)
    folds = [
        Fold(Snapshot.of(part.known, part.at, models), part.later)
        for part in parts_of(inner, seed)
    ]  # fmt: skip
    at = Snapshot.of(known, end_of(known), models)
    return case_of(folds, at, world_of(inner.test), seed)


def made(log: int, seed: int) -> Case:
    """A made log, judged by what comes after its earliest four fifths."""
    world, models = disagreeing(log), fit_models(seed)
    cut = int(np.quantile(world.watches.moments, EARLY_SHARE))
    known, later = world.split(cut)
    folds = []
    for moment in training_moments(known.watches.moments):
        before, after = known.split(moment)
        folds.append(Fold(Snapshot.of(before, moment, models), after))
    return case_of(folds, Snapshot.of(known, cut, models), later, seed)


def cases(seed: int) -> Iterator[tuple[str, Iterator[Case]]]:
    """Name to logs, made one by one; a few draws of one kind are judged together."""
    yield (
        f"MovieLens-100k, random 75/25 inside the training part of random 75/25, draws {DRAWS}",
        (movielens(Protocol.RANDOM, draw, seed) for draw in DRAWS),
    )
    yield (
        "MovieLens-100k, global time 80/20 inside the training part of global time 80/20",
        (movielens(Protocol.TIME, 0, seed) for _ in range(1)),
    )
    yield f"made logs {MADE}, heads disagree, global time 80/20", (made(log, seed) for log in MADE)
