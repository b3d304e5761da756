"""Join sources and filters into the candidate stage, the same for a night, the gate and evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.recommend import sources
from jobs.recommend.attributes import Audience, Catalogue
from jobs.recommend.candidates import propose
from jobs.recommend.filters import Filters, Shown
from jobs.recommend.policy import Policy
from jobs.recommend.sources.because_you_watched import NOBODY

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from features.histories import Histories
    from jobs.recommend.candidates import Candidates
    from jobs.recommend.sources import BecauseYouWatched, New, Popular, Source, TwoTower

DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class Funnel:
    """What proposes candidates to the profiles of `histories`."""

    histories: Histories
    catalogue: Catalogue
    audience: Audience
    filters: Filters
    policy: Policy
    sources: list[Source]
    """In any order; two_tower only where a model is given."""
    popular: Popular
    new: New
    because_you_watched: BecauseYouWatched

    @classmethod
    def of(
        cls,
        histories: Histories,
        at: float,
        *,
        co_watches: csr_matrix,
        transitions: csr_matrix,
        catalogue: Catalogue | None = None,
        audience: Audience | None = None,
        two_tower: TwoTower | None = None,
        liked: NDArray[np.int64] = NOBODY,
        disliked: NDArray[np.int64] = NOBODY,
        policy: Policy | None = None,
        page_hours: float = 48.0,
    ) -> Funnel:
        """Build every source as of `at`, seconds since 1970, the end of what histories hold.

        `co_watches` and `transitions` are those of `features.title_pairs`; `liked` and `disliked`
        are pairs, profile code * titles + title code. Without catalogue and
        audience nothing but history is known, and only the filter "watched" has work to do.
        """
        rules = policy or Policy()
        titles = catalogue or Catalogue.bare(histories.title_ids)
        viewers = audience or Audience.bare(len(histories.profile_ids))
        shown = Shown(at, at + page_hours * 3600)
        popular = sources.Popular(histories, viewers, len(titles.region_names), at, rules)
        new = sources.New(histories, titles, at, rules)
        heads = sources.anchors(histories, rules.anchors, liked, disliked)
        because = sources.BecauseYouWatched(co_watches, heads, rules)
        every: list[Source] = [
            sources.CoWatch(co_watches, histories), sources.Transitions(transitions, histories),
            sources.Content(histories, titles, rules), popular,
            sources.Trending(histories, at, rules), new, because,
        ]  # fmt: skip
        every += [two_tower] if two_tower else []
        filters = Filters(titles, shown, rules.missing_attribute == "remove")
        return cls(histories, titles, viewers, filters, rules, every, popular, new, because)

    def candidates(self, block: slice) -> Candidates:
        """The candidates of a block of profiles; see `propose`."""
        verdicts = self.filters.verdicts(self.histories, self.audience, block)
        watched = self.histories.lengths[block]
        return propose(self.sources, block, verdicts, watched, self.policy)
