"""Score pairs by whole histories: the features of a ranker that are models themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.baselines import ease
from models.baselines.watched import watched_matrix
from models.last_titles import newest
from models.ranker.title_scores import Near, RandomWalk, Ridge, nearness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from features.histories import Histories
    from models.last_titles import LastTitles

    class Vectors(Protocol):
        """A two-tower model bound to the histories: vectors by their codes."""

        profile_vectors: NDArray[np.float32]
        """[profiles, dimension]"""
        title_vectors: NDArray[np.float32]
        """[titles, dimension]"""


MOST_TITLES = 12_000  # the ridge and EASE each solve for titles x titles: 1.2 GB in float64
RELATIVE = ("two_tower", "ridge")
CELLS = 4_000_000  # scores held at once, 16 MB of float32 each


@dataclass(frozen=True)
class ScoreModels:
    """Models that score all titles for profiles of the histories that they were fitted on."""

    histories: Histories
    raw: dict[str, Callable[[csr_matrix], NDArray[np.float32]]]
    """Name to a function of what profiles watched, [block, titles], to scores [block, titles]."""
    two_tower: Vectors | None
    last_titles: LastTitles | None

    @classmethod
    def of(
        cls, histories: Histories, two_tower: Vectors | None, last_titles: LastTitles | None
    ) -> ScoreModels:
        """Fit what needs no training loop, and stand the trained models beside it."""
        near = nearness(histories)
        raw: dict[str, Callable[[csr_matrix], NDArray[np.float32]]] = {
            "near_common": Near(near, 0.5).scores,
            "near_rare": Near(near, 1.0).scores,
            "random_walk": RandomWalk(histories).scores,
        }
        if len(histories.title_ids) <= min(MOST_TITLES, ease.MOST_TITLES):
            raw["ridge"] = Ridge(histories).scores
            raw["ease"] = ease.Ease(histories).of_watched
        return cls(histories, raw, two_tower, last_titles)

    @property
    def names(self) -> list[str]:
        """The columns that `columns` gives."""
        relative = [f"{name}_relative" for name in self.models if name in RELATIVE]
        return [*self.models, *relative, "watchers", "history_length"]

    @property
    def models(self) -> list[str]:
        """The models that score."""
        trained = {"two_tower": self.two_tower, "last_titles": self.last_titles}
        return [*self.raw, *(name for name, model in trained.items() if model is not None)]

    @property
    def leading(self) -> str:
        """The model whose order says best what is hard to tell apart."""
        return "two_tower" if self.two_tower is not None else "near_common"

    def columns(
        self, profiles: NDArray[np.int32], titles: NDArray[np.int32]
    ) -> dict[str, NDArray[np.float32]]:
        """[pairs] every score of pairs of profile and title codes.

        A relative score says how many standard deviations a title lies above the profile's mean.
        """
        columns = self.scores(profiles, titles, self.models)
        counts = np.bincount(self.histories.titles, minlength=len(self.histories.title_ids))
        columns["watchers"] = np.log1p(counts[titles]).astype(np.float32)
        columns["history_length"] = np.log1p(self.histories.lengths[profiles]).astype(np.float32)
        return columns

    def scores(
        self, profiles: NDArray[np.int32], titles: NDArray[np.int32], models: Sequence[str]
    ) -> dict[str, NDArray[np.float32]]:
        """[pairs] what some of the models say, and how far that lies above the profile's mean."""
        names = [*models, *(f"{name}_relative" for name in models if name in RELATIVE)]
        columns = {name: np.zeros(len(profiles), np.float32) for name in names}
        everyone, row = np.unique(profiles, return_inverse=True)
        order = np.argsort(row, kind="stable")
        step = max(1, CELLS // max(1, len(self.histories.title_ids)))
        for start in range(0, len(everyone), step):
            first, stop = np.searchsorted(row[order], [start, start + step])
            pairs = order[first:stop]
            chosen = everyone[start : start + step]
            cells = row[pairs] - start, titles[pairs]
            own = only(self.histories, chosen)
            for name in models:
                _put(columns, name, self._of_all_titles(name, chosen, own), pairs, cells)
        return columns

    def _of_all_titles(
        self, name: str, profiles: NDArray[np.int32], own: Histories
    ) -> NDArray[np.float32]:
        """[profiles, titles] what one model says; `own` are the histories of these profiles."""
        if name == "two_tower" and self.two_tower is not None:
            return self.two_tower.profile_vectors[profiles] @ self.two_tower.title_vectors.T
        if name == "last_titles" and self.last_titles is not None:
            return self.last_titles.scores(newest(own, slice(0, len(profiles))))
        return self.raw[name](watched_matrix(own))


def _put(
    columns: dict[str, NDArray[np.float32]],
    name: str,
    scores: NDArray[np.float32],
    pairs: NDArray[np.int64],
    cells: tuple[NDArray[np.int64], NDArray[np.int32]],
) -> None:
    columns[name][pairs] = scores[cells]
    if name in RELATIVE:
        mean = scores.mean(axis=1, keepdims=True)
        spread = scores.std(axis=1, keepdims=True) + np.float32(1e-6)
        columns[f"{name}_relative"][pairs] = ((scores - mean) / spread)[cells]


def only(histories: Histories, profiles: NDArray[np.int32]) -> Histories:
    """The histories of some profiles, with the same title codes."""
    lengths = histories.lengths[profiles]
    ends = np.cumsum(lengths)
    places = np.arange(lengths.sum()) + np.repeat(
        histories.offsets[profiles] - ends + lengths, lengths
    )
    return type(histories)(
        [histories.profile_ids[profile] for profile in profiles],
        histories.title_ids,
        np.concatenate(([0], ends)).astype(np.int64),
        histories.titles[places],
        histories.times[places],
    )
