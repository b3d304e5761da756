"""Compose the pages of a block of profiles: candidates, ranking, rows, exploration, fall-back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from jobs.recommend.attributes import Audience
from jobs.recommend.candidates import propose
from jobs.recommend.pages import Draws, Pages, assemble, explore, fall_back
from jobs.recommend.rank import rank
from jobs.recommend.rows import Tastes, Traits, lay_out
from models.top_titles import top_titles

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from jobs.recommend.funnel import Funnel
    from jobs.recommend.policy import Policy
    from jobs.recommend.rank import Ranked, Utility
    from jobs.recommend.rows import Layout
    from jobs.recommend.tables import Counts


@dataclass(frozen=True)
class Composer:
    """Everything that the pages of a night depend on, profiles aside."""

    funnel: Funnel
    affinities: NDArray[np.float32]
    """[profiles, genres] how a profile's watches divide among genres; columns as in the catalogue"""
    traits: Traits
    popular: Pages
    """[regions + 1] the popular pages; the last one is for everywhere"""
    seed: int
    night: date

    @classmethod
    def of(
        cls, funnel: Funnel, affinities: NDArray[np.float32], seed: int, night: date
    ) -> Composer:
        """Prepare a night: title traits and popular pages."""
        catalogue = funnel.catalogue
        traits = Traits(
            catalogue.genres, catalogue.genre_masks, catalogue.franchises, funnel.new.fresh
        )
        return cls(funnel, affinities, traits, popular_pages(funnel, traits), seed, night)

    def personal(self, block: slice, utility: Utility, counts: Counts) -> Pages:
        """The pages of a block of profiles; without history or titles left, the popular ones."""
        policy, tastes = self.funnel.policy, self._tastes(block)
        ranked, layout = self.arrange(block, utility, counts)
        pages = assemble(layout, ranked, tastes, policy.shelves)
        draws = Draws(self.seed, self.night, self.funnel.histories.profile_ids[block])
        pages = explore(pages, layout, ranked, policy, draws)
        unknown = self.funnel.histories.lengths[block] == 0
        alone = unknown | (layout.titles < policy.fewest_titles)
        pages = fall_back(pages, alone, self.popular, self.funnel.audience.regions[block])
        counts.add_pages(pages)
        return pages

    def arrange(self, block: slice, utility: Utility, counts: Counts) -> tuple[Ranked, Layout]:
        """The ranked candidates of a block and their rows, before exploration and fall-back."""
        candidates = self.funnel.candidates(block)
        counts.add_candidates(candidates)
        ranked = rank(candidates, block, utility)
        policy, tastes = self.funnel.policy, self._tastes(block)
        return ranked, lay_out(ranked, tastes, self.traits, policy.shelves, policy)

    def unranked(self, block: slice, counts: Counts) -> Pages:
        """The popular page of each profile's region, for a night without a live ranker."""
        pages = self.popular.take(self.funnel.audience.regions[block].astype(np.int64))
        counts.add_pages(pages)
        return pages

    def _tastes(self, block: slice) -> Tastes:
        because, policy = self.funnel.because_you_watched, self.funnel.policy
        rows = sum(shelf.rows for shelf in policy.shelves if shelf.source == "genre")
        genres = telling_genres(self.affinities[block], self.affinities.mean(axis=0), rows)
        return Tastes(because.anchors(block), because.neighbours(block), genres)


def telling_genres(
    affinities: NDArray[np.float32], usual: NDArray[np.float32], count: int
) -> NDArray[np.int32]:
    """[profiles, count] the genres that say most about each profile, -1 where there are fewer.

    A genre says share * log(share / usual share): its part of the Kullback-Leibler divergence
    between the profile's watches and everyone's. A profile that is like everyone gets its largest.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        says = affinities * np.log(affinities / usual)
    return _best(np.where(affinities > 0, says, -np.inf), count)


def _best(scores: NDArray[np.floating], count: int) -> NDArray[np.int32]:
    """[rows, count] the best columns; none where none are asked for or there."""
    if not count or not scores.shape[1]:
        return np.zeros((len(scores), 0), np.int32)
    return top_titles(scores, count)


def popular_pages(funnel: Funnel, traits: Traits) -> Pages:
    """[regions + 1] what anyone in a region may see and most watch; last: everywhere.

    The same funnel, with what is popular, trending and new for sources and popularity for utility.
    """
    policy, regions = funnel.policy, len(funnel.catalogue.region_names)
    anyone = Audience(
        np.append(np.arange(regions), -1).astype(np.int32), np.full(regions + 1, np.nan)
    )
    popular = funnel.popular.seen_by(anyone)
    verdicts = funnel.filters.of_regions(funnel.audience)
    block = slice(0, regions + 1)
    charts = [popular, *(one for one in funnel.sources if one.name in ("trending", "new"))]
    nothing_watched = np.zeros(regions + 1, np.int64)
    candidates = propose(charts, block, verdicts, nothing_watched, _wide(policy))
    ranked = rank(candidates, block, popular.utilities)
    rows = sum(shelf.rows for shelf in policy.popular_shelves if shelf.source == "genre")
    plays = popular.scores[anyone.regions] @ traits.genres
    genres = _best(np.where(plays > 0, plays, -np.inf), rows)
    tastes = replace(Tastes.none(regions + 1), genres=genres)
    layout = lay_out(ranked, tastes, traits, policy.popular_shelves, policy)
    pages = assemble(layout, ranked, tastes, policy.popular_shelves)
    return replace(pages, popular=np.ones(regions + 1, bool))


def _wide(policy: Policy) -> Policy:
    wide = tuple(
        replace(b, titles=policy.popular_budget) if b.source == "popular" else b
        for b in policy.budgets
    )
    return replace(policy, budgets=wide)
