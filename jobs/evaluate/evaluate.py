"""Train every contender on one part of a file and judge it on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.evaluate.folds import end_of, folds_of
from jobs.evaluate.world import world_of
from jobs.training.fit_two_tower import fit_two_tower
from jobs.training.judging import contenders
from jobs.training.lists import fit_folds
from jobs.training.snapshot import Snapshot
from models.baselines import ease
from models.metrics import Interval, interval, judge
from models.ranker.fit import NothingToRank
from models.ranker.network import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from jobs.evaluate.protocols import Split

    Say = Callable[[str], None]


@dataclass(frozen=True)
class Evaluation:
    """What came of it."""

    protocol: str
    counts: dict[str, int]
    notes: list[str]
    """What was left out, and why."""
    intervals: dict[str, dict[str, Interval]]
    """Contender to metric to mean and interval."""
    values: dict[str, dict[str, NDArray[np.float64]]]
    """Contender to metric to [profiles], NaN where a profile has none."""

    def to_json(self) -> dict[str, Any]:
        """Plain values: everything but the values of single profiles."""
        return {
            "protocol": self.protocol,
            "counts": self.counts,
            "notes": self.notes,
            "ranking": "full, seen titles removed",
            "metrics": {
                name: {metric: one._asdict() for metric, one in found.items()}
                for name, found in self.intervals.items()
            },
        }


def evaluate(
    split: Split, ks: Sequence[int], seed: int, say: Say, recipe: Recipe | None = None
) -> Evaluation:
    """Fit the whole funnel as a night does, and judge it beside the baselines."""
    two_tower, folds = fit_two_tower(seed), []
    for fold in folds_of(split, two_tower, seed):
        folds.append(fold)
        say(f"fold {len(folds)}: models of what was known before")
    notes: list[str] = []
    try:
        ranker = fit_folds(folds, None, recipe or Recipe(), seed) if folds else None
    except NothingToRank as error:
        ranker, notes = None, [str(error)]
    say("ranker")
    known, later = world_of(split.train), world_of(split.test)
    snapshot = Snapshot.of(known, end_of(known), two_tower)
    say("models of the whole training part")
    offsets, titles = snapshot.watched_after(later)
    values = {}
    for name, lists in contenders(snapshot, ranker, max(ks)):
        values[name] = judge(lists, offsets, titles).by_name(ks)
        say(name)
    if "ease" not in values:
        notes.append(str(ease.TooManyTitles(len(known.title_ids))))
    intervals = {
        name: {metric: interval(one, seed) for metric, one in found.items()}
        for name, found in values.items()
    }
    return Evaluation(split.protocol, _counts(split, offsets), notes, intervals, values)


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
