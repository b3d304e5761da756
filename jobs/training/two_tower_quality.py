"""Judge the two-tower on a later window, beside its baselines, by slice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.histories import Histories
from models.baselines import MOST_TITLES, Ease, Popularity, TransitionCounts
from models.metrics import interval, judge
from models.top_titles import ranked_titles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.metrics import Judged
    from models.top_titles import Scores
    from models.two_tower.towers import Ranking

KS = (10, 20, 100)
RARE_WATCHERS = 10
"""A title that fewer profiles watched before the cut is rare."""


def quality(
    ranking: Ranking, before: Histories, later: Histories, seed: int
) -> dict[str, dict[str, float]]:
    """Contender and slice to metric to mean; profiles are those that watched something new later."""
    contenders: list[tuple[str, Scores]] = [
        ("two_tower", ranking),
        ("popularity", Popularity(before)),
    ]
    contenders.append(("transitions", TransitionCounts(before)))
    if len(before.title_ids) <= MOST_TITLES:
        contenders.append(("ease", Ease(before)))
    found: dict[str, dict[str, float]] = {}
    for name, model in contenders:
        ranked = ranked_titles(model, before, max(KS))
        found[name] = _means(judge(ranked, later.offsets, later.titles), seed)
        if name == "two_tower":
            found |= _slices(ranked, before, later, seed)
    return found


def only(histories: Histories, kept: NDArray[np.bool_]) -> Histories:
    """The watches that are kept [watches], with the same codes."""
    counts = np.bincount(histories.profiles[kept], minlength=len(histories.profile_ids))
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return Histories(
        histories.profile_ids, histories.title_ids, offsets,
        histories.titles[kept], histories.times[kept],
    )  # fmt: skip


def unseen(later: Histories, before: Histories) -> Histories:
    """The later watches of titles that the profile had not watched before."""
    width = len(before.title_ids)
    known = before.profiles.astype(np.int64) * width + before.titles
    kept = ~np.isin(later.profiles.astype(np.int64) * width + later.titles, known)
    return only(later, kept)


def _slices(
    ranked: NDArray[np.int32], before: Histories, later: Histories, seed: int
) -> dict[str, dict[str, float]]:
    """New profiles, which only the history path knows, and rare titles as what is to be found."""
    new = before.lengths[later.profiles] == 0
    watchers = np.bincount(before.titles, minlength=len(before.title_ids))
    rare = watchers[later.titles] < RARE_WATCHERS
    parts = {"new profiles": only(later, new), "rare titles": only(later, rare)}
    return {
        f"two_tower, {name}": _means(judge(ranked, part.offsets, part.titles), seed)
        for name, part in parts.items()
    }


def _means(judged: Judged, seed: int) -> dict[str, float]:
    values = {name: interval(value, seed) for name, value in judged.by_name(KS).items()}
    known = {name: one.mean for name, one in values.items() if one.profiles}
    return known | {"profiles": float((judged.relevant > 0).sum())}
