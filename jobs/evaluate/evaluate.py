"""Train every contender on one part of a file and judge it on the other."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jobs.evaluate.folds import end_of, parts_of
from jobs.evaluate.world import world_of
from jobs.training.fit_models import fit_models
from jobs.training.judging import contenders, funnel_lists
from jobs.training.lists import Fold, fit_folds
from jobs.training.snapshot import Snapshot
from models.baselines import ease
from models.metrics import Interval, interval, judge, paired_difference
from models.ranker.fit import NothingToRank
from models.ranker.network import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from jobs.evaluate.protocols import Split
    from models.ranker.ranker import Ranker

    Say = Callable[[str, int, int], None]
    FitRanker = Callable[[Sequence[Fold], int], Ranker]

FUNNEL = "funnel"
ALONE: Mapping[str, FitRanker] = MappingProxyType({})


@dataclass(frozen=True)
class Evaluation:
    """What came of it."""

    split: Split
    counts: dict[str, int]
    notes: list[str]
    """What was left out, and why."""
    intervals: dict[str, dict[str, Interval]]
    """Contender to metric to mean and interval."""
    values: dict[str, dict[str, NDArray[np.float64]]]
    """Contender to metric to [profiles], NaN where a profile has none."""
    seed: int
    """What drew the intervals."""

    def difference(self, ours: str, theirs: str, metric: str) -> Interval:
        """The mean difference of two contenders, profile by profile, with its interval."""
        return paired_difference(self.values[ours][metric], self.values[theirs][metric], self.seed)

    def to_json(self) -> dict[str, Any]:
        """Plain values: everything but the values of single profiles."""
        return {
            "protocol": self.split.protocol,
            "order": self.split.order,
            "split_seed": self.split.seed,
            "counts": self.counts,
            "notes": self.notes,
            "ranking": "full, seen titles removed",
            "metrics": {
                name: {metric: one._asdict() for metric, one in found.items()}
                for name, found in self.intervals.items()
            },
        }


def evaluate(
    split: Split, ks: Sequence[int], seed: int, say: Say, beside: Mapping[str, FitRanker] = ALONE
) -> Evaluation:
    """Fit the whole funnel as a night does, and judge it beside the baselines.

    `say` hears what begins: its words, and which step of how many it is. What stands `beside` is
    fitted on the folds of the ranker and takes its place in the funnel.
    """
    models, parts = fit_models(seed), parts_of(split, seed)
    known, later = world_of(split.train), world_of(split.test)
    names, fits = _names(len(known.title_ids)), {FUNNEL: fit_ranker, **beside}
    steps = _Steps(say, len(parts) + 1 + len(names) + 2 * len(fits))
    folds = []
    for place, part in enumerate(parts, 1):
        steps.begin(f"fitting the models of fold {place} of {len(parts)}")
        folds.append(Fold(Snapshot.of(part.known, part.at, models), part.later))
    rankers, notes = _fitted(fits, folds, seed, steps)
    folds.clear()  # each is as large as the snapshot that comes
    steps.begin("fitting the models of the whole training part")
    snapshot = Snapshot.of(known, end_of(known), models)
    offsets, titles = snapshot.watched_after(later)
    if "ease" not in names:
        notes.append(str(ease.TooManyTitles(len(known.title_ids))))
    values = {
        name: judge(lists, offsets, titles).by_name(ks)
        for name, lists in _ranked(snapshot, names, rankers, max(ks), steps)
    }
    intervals = {
        name: {metric: interval(one, seed) for metric, one in found.items()}
        for name, found in values.items()
    }
    return Evaluation(split, _counts(split, offsets), notes, intervals, values, seed)


def fit_ranker(folds: Sequence[Fold], seed: int) -> Ranker:
    """The ranker of the night; raises NothingToRank."""
    return fit_folds(folds, Recipe(), seed)


def _fitted(
    fits: Mapping[str, FitRanker], folds: Sequence[Fold], seed: int, steps: _Steps
) -> tuple[dict[str, Ranker], list[str]]:
    """What ranks candidates, by name, or none and why."""
    rankers = {}
    try:
        if not folds:
            raise NothingToRank(0)
        for name in steps.each("fitting the ranker of the", fits):
            rankers[name] = fits[name](folds, seed)
    except NothingToRank as error:
        return {}, [f"The funnel is left out. {error}"]
    return rankers, []


def _ranked(
    snapshot: Snapshot, names: Sequence[str], rankers: Mapping[str, Ranker], length: int,
    steps: _Steps,
) -> Iterator[tuple[str, NDArray[np.int32]]]:  # fmt: skip
    """Name and lists of everything to be judged."""
    # zip asks for a name, which is announced, before a contender begins its work
    told = steps.each("ranking with", names)
    for name, (_, lists) in zip(told, contenders(snapshot, None, length), strict=True):
        yield name, lists
    for name in steps.each("ranking with the", rankers):
        yield name, funnel_lists(snapshot, rankers[name], length)


@dataclass
class _Steps:
    say: Say
    total: int
    begun: int = 0

    def begin(self, words: str) -> None:
        self.begun += 1
        self.say(words, self.begun, self.total)

    def each(self, verb: str, names: Iterable[str]) -> Iterator[str]:
        """Each name, announced when it is asked for."""
        for name in names:
            self.begin(f"{verb} {name}")
            yield name


def _names(titles: int) -> list[str]:
    """What `contenders` yields without a ranker, in its order."""
    named = ["ease"] if titles <= ease.MOST_TITLES else []
    return ["popularity", *named, "transitions", "two_tower"]


def _counts(split: Split, offsets: NDArray[np.int64]) -> dict[str, int]:
    import numpy as np

    train, test = split.train, split.test
    return {
        "training rows": len(train), "test rows": len(test),
        "profiles": len(np.unique(train.profiles)), "titles": len(np.unique(train.titles)),
        "profiles judged": int((np.diff(offsets) > 0).sum()),
        "test rows of profiles without history": int(
            (~np.isin(test.profiles, np.unique(train.profiles))).sum()
        ),
        "rows left out": split.left_out,
    }  # fmt: skip
