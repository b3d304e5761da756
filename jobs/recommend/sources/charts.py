"""Propose what many watch, what rises and what is new: lists that need no taste."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import numpy as np

from models.top_titles import top_titles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.histories import Histories
    from jobs.recommend.attributes import Audience, Catalogue
    from jobs.recommend.policy import Policy

DAY_SECONDS = 86_400.0
MONTH_DAYS = 30.0


class Popular:
    """What the profile's region watches, recent plays counting more; the region unknown: everyone.

    A small region borrows from the whole service: its plays plus `region_prior_plays` plays spread
    as everyone's are.
    """

    name = "popular"

    def __init__(
        self, histories: Histories, audience: Audience, regions: int, at: float, policy: Policy
    ) -> None:
        age_days = (at - histories.times) / DAY_SECONDS
        weights = np.exp2(-age_days / policy.popular_half_life_days)
        plays = plays_by_region(histories, weights, audience, regions)
        everyone = plays[-1]
        plays[:-1] += policy.region_prior_plays * everyone / max(everyone.sum(), 1e-12)
        self.scores = plays
        self._ranked = top_titles(plays, plays.shape[1])
        self._regions = audience.regions

    def seen_by(self, audience: Audience) -> Popular:
        """The same charts for other profiles."""
        other = copy(self)
        other._regions = audience.regions
        return other

    def utilities(
        self, profiles: NDArray[np.int32], titles: NDArray[np.int32]
    ) -> NDArray[np.float32]:
        """[n] the plays of a title in a profile's region."""
        return self.scores[self._regions[profiles], titles].astype(np.float32)

    def candidates(self, block: slice, depth: int) -> NDArray[np.int32]:
        """[block, depth]"""
        return self._ranked[self._regions[block], :depth]


class Trending:
    """What was watched more last week than the weeks before let expect.

    Score: (plays - expected) / sqrt(expected + 1), plays of the last week against the mean of the
    weeks before, as for Poisson counts; titles that do not rise are none.
    """

    name = "trending"

    def __init__(self, histories: Histories, at: float, policy: Policy) -> None:
        weeks_ago = (at - histories.times) / (policy.trending_days * DAY_SECONDS)
        titles, weeks = len(histories.title_ids), policy.trending_weeks_before
        plays = counts(histories.titles[weeks_ago <= 1], titles)
        before = counts(histories.titles[(weeks_ago > 1) & (weeks_ago <= 1 + weeks)], titles)
        expected = before / weeks
        self.scores = (plays - expected) / np.sqrt(expected + 1)
        rising = np.where(self.scores > 0, self.scores, -np.inf)
        self._ranked = top_titles(rising[None], titles)[0]

    def candidates(self, block: slice, depth: int) -> NDArray[np.int32]:
        """[block, depth] the same for every profile"""
        return np.tile(self._ranked[:depth], (block.stop - block.start, 1))


class New:
    """What was released in the last year: the newest month first, in it what is watched most."""

    name = "new"

    def __init__(
        self, histories: Histories, catalogue: Catalogue, at: float, policy: Policy
    ) -> None:
        titles = len(histories.title_ids)
        self.age_days = age_days(histories, catalogue, at)
        plays = counts(histories.titles, titles)
        months = np.floor(self.age_days / MONTH_DAYS)
        order = np.lexsort((-plays, months)).astype(np.int32)
        self.fresh = self.age_days <= policy.new_days
        kept = order[self.fresh[order]]
        self._ranked = np.concatenate((kept, np.full(titles - len(kept), -1, np.int32)))

    def candidates(self, block: slice, depth: int) -> NDArray[np.int32]:
        """[block, depth] the same for every profile"""
        return np.tile(self._ranked[:depth], (block.stop - block.start, 1))


def age_days(histories: Histories, catalogue: Catalogue, at: float) -> NDArray[np.float64]:
    """[titles] days since release; infinite where neither date nor watch is known."""
    first = np.full(len(histories.title_ids), np.inf)
    np.minimum.at(first, histories.titles, histories.times)
    first[np.isinf(first)] = -np.inf
    return np.maximum((at - catalogue.released(first)) / DAY_SECONDS, 0.0)


def plays_by_region(
    histories: Histories, weights: NDArray[np.float64], audience: Audience, regions: int
) -> NDArray[np.float64]:
    """[regions + 1, titles] weighted plays; the last row is everyone's, so that -1 finds it."""
    titles = len(histories.title_ids)
    places = audience.regions[histories.profiles].astype(np.int64)
    known = places >= 0
    cells = places[known] * titles + histories.titles[known]
    own = np.bincount(cells, weights[known], minlength=regions * titles).reshape(regions, titles)
    everyone = np.bincount(histories.titles, weights, minlength=titles)
    # bincount of nothing is whole numbers, weights or not
    return np.vstack((own, everyone)).astype(np.float64)


def counts(titles: NDArray[np.int32], length: int) -> NDArray[np.float64]:
    """[length] how often each title code occurs."""
    return np.bincount(titles, minlength=length).astype(np.float64)
