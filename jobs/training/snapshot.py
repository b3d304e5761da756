"""Stand at an earlier moment: what was known then, what could be proposed, what was watched after.

Events stand as they were known then. Of titles and profiles a world holds one table, tonight's: at
an earlier moment they have the attributes of tonight, and a title that has left since counts as
removed. What time itself tells is told by the moment: a title whose availability begins later is
filtered, and `new` counts ages from there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from features.online import profile_values, title_values
from features.ranking import NightFeatures
from features.watches import Watches, as_microseconds, codes_of
from jobs.recommend.funnel import Funnel
from jobs.recommend.known import Known
from jobs.recommend.policy import Policy
from jobs.recommend.sources import TwoTower
from models.ranker.night_ranker import Knowledge
from models.ranker.scores import ScoreModels
from models.top_titles import blocks, top_titles

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from features.histories import Histories
    from features.title_pairs import Matrix
    from models.last_titles import LastTitles
    from models.ranker.scores import Vectors

    FitModels = Callable[[Histories, "World"], "Learned"]
    """From histories and the world they come from to models of their codes."""

SECOND = 1_000_000
REACH = 1_000  # the deepest that the funnel asks a source, history included


@dataclass(frozen=True)
class World:
    """The events, profiles and titles that a training may look at; codes are those of sorted ids."""

    events: pa.Table
    profiles: pa.Table
    titles: pa.Table
    profile_ids: list[str]
    title_ids: list[str]

    @classmethod
    def of(cls, events: pa.Table, profiles: pa.Table, titles: pa.Table) -> World:
        """Every id that occurs anywhere has a code."""
        return cls(
            events, profiles, titles,
            _ids(events["profile_id"], profiles["profile_id"]),
            _ids(events["title_id"], titles["title_id"]),
        )  # fmt: skip

    @cached_property
    def watches(self) -> Watches:
        """Every watch of the events."""
        return Watches.of(self.events, self.title_ids, self.profile_ids)

    @cached_property
    def moments(self) -> NDArray[np.int64]:
        """[events] from when on each was known to have happened, microseconds since 1970."""
        happened, known = (as_microseconds(self.events[c]) for c in ("event_time", "known_time"))
        return np.maximum(happened, known)

    @cached_property
    def pairs(self) -> NDArray[np.int64]:
        """[events] profile * titles + title of each."""
        profiles = codes_of(self.events["profile_id"], self.profile_ids).astype(np.int64)
        return profiles * len(self.title_ids) + codes_of(self.events["title_id"], self.title_ids)

    def part(self, kept: NDArray[np.bool_]) -> World:
        """The same world with some of its events."""
        import pyarrow as pa

        events = self.events.filter(pa.array(kept))
        return World(events, self.profiles, self.titles, self.profile_ids, self.title_ids)

    def split(self, at: int) -> tuple[World, World]:
        """What was known before a moment, and the rest."""
        before = self.moments < at
        return self.part(before), self.part(~before)


def _ids(*columns: pa.ChunkedArray) -> list[str]:
    return sorted({one for column in columns for one in column.unique().to_pylist()} - {None})


class Learned(NamedTuple):
    """The models that need a training loop."""

    two_tower: Vectors | None = None
    last_titles: LastTitles | None = None


@dataclass(frozen=True)
class Rules:
    """What a night's funnel is told besides data, the same at every moment."""

    policy: Policy = field(default_factory=Policy)
    page_hours: float = 48.0
    """For how long a page is shown, so that titles which leave meanwhile are filtered."""


@dataclass(frozen=True)
class Snapshot:
    """A moment, with all that was known and the funnel as it would have run."""

    known: World
    knowledge: Knowledge
    funnel: Funnel
    two_tower: Vectors | None

    @classmethod
    def of(
        cls, known: World, at: int, fit_models: FitModels | None, rules: Rules | None = None
    ) -> Snapshot:
        """Fit everything on what is known at a moment, microseconds since 1970."""
        rules = rules or Rules()
        histories = known.watches.histories
        tables = known.events, known.profiles, known.titles
        night = NightFeatures.of_tables(
            histories, profile_values(*tables, at), title_values(*tables, at), at
        )
        two_tower, last_titles = fit_models(histories, known) if fit_models else Learned()
        said = Known.of(histories, *tables)
        funnel = Funnel.of(
            histories, at / SECOND,
            co_watches=sparse(night.alike), transitions=sparse(night.follows),
            catalogue=said.catalogue, audience=said.audience,
            two_tower=proposing(two_tower) if two_tower else None,
            liked=said.liked, disliked=said.disliked,
            policy=rules.policy, page_hours=rules.page_hours,
        )  # fmt: skip
        scores = ScoreModels.of(histories, two_tower, last_titles)
        return cls(known, Knowledge(night, scores), funnel, two_tower)

    @property
    def histories(self) -> Histories:
        """What each profile had watched."""
        return self.funnel.histories

    def watched_after(self, later: World) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The titles that warm profiles watched later and not before, as compressed rows."""
        h = self.histories
        pairs = np.unique(later.watches.pairs)
        titles = len(h.title_ids)
        before = np.unique(h.profiles.astype(np.int64) * titles + h.titles)
        pairs = pairs[~np.isin(pairs, before, assume_unique=True)]
        pairs = pairs[h.lengths[pairs // titles] > 0]
        counts = np.bincount(pairs // titles, minlength=len(h.profile_ids))
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        return offsets, (pairs % titles).astype(np.int32)

    def candidates(self, profiles: NDArray[np.bool_]) -> tuple[NDArray[np.int32], ...]:
        """The pairs that the funnel proposes to some profiles: profile codes and title codes."""
        found = [(np.zeros(0, np.int32), np.zeros(0, np.int32))]
        for block in blocks(len(profiles), len(self.histories.title_ids)):
            if not profiles[block].any():
                continue
            codes = self.funnel.candidates(block).codes
            codes[~profiles[block]] = -1
            rows, places = np.nonzero(codes >= 0)
            found.append(((rows + block.start).astype(np.int32), codes[rows, places]))
        return tuple(np.concatenate(column) for column in zip(*found, strict=True))


class Exact:
    """Finds the nearest titles by looking at all, as an index of `models.ann_index` answers."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._vectors = vectors

    def search(
        self, vectors: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """[n, k] places, nearest first, and their dot products."""
        scores = vectors @ self._vectors.T
        places = top_titles(scores, k)
        return places, np.take_along_axis(scores, np.maximum(places, 0), axis=1)


def proposing(two_tower: Vectors) -> TwoTower:
    """The source of candidates that a model makes, searched exactly."""
    count = len(two_tower.title_vectors)
    index = Exact(two_tower.title_vectors)
    places = np.arange(count, dtype=np.int32)
    return TwoTower(two_tower.profile_vectors, index, places, reach=REACH)


def sparse(matrix: Matrix) -> csr_matrix:
    """A matrix as sources take it: they look at one title's pairs at a time."""
    from scipy.sparse import csr_matrix

    return csr_matrix(matrix)
