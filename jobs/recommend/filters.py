"""Decide which titles a profile may be shown, and stop a night whose filters remove too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.recommend.policy import FILTERS
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from features.histories import Histories
    from jobs.recommend.attributes import Audience, Catalogue
    from jobs.recommend.policy import Policy


ATTRIBUTES = "silver.titles and silver.profiles"
READS = {"watched": "silver.events", "playable": "gold.playable_titles"}
"""Where the facts of a filter stand, if not among the attributes."""


class FilterRemovedTooMuch(MarqueeError):
    """A filter removed more of a night's candidates than its limit."""

    def __init__(self, name: str, removed: int, candidates: int, limit: float) -> None:
        super().__init__(
            f"The filter {name} removed {removed / candidates:.0%} of {candidates:,} candidates "
            f"(its limit is {limit:.0%}), so no page was written and the live version stays: check "
            f"what {name} reads in {READS.get(name, ATTRIBUTES)}, or raise its limit in "
            "jobs/recommend/policy.py."
        )


@dataclass(frozen=True)
class Shown:
    """The time in which a page may be on a screen, in seconds since 1970."""

    start: float
    end: float


@dataclass(frozen=True)
class Filters:
    """What decides for each title and profile; `remove_unknown` is the policy for lacking facts."""

    catalogue: Catalogue
    shown: Shown
    remove_unknown: bool

    def verdicts(self, histories: Histories, audience: Audience, block: slice) -> NDArray[np.uint8]:
        """[block, titles] 0 where a title may be shown, else 1 + the place of what removes it.

        Profiles that share region and maturity limit share all but what they watched.
        """
        facts = np.column_stack((audience.regions, audience.maturity_limits))[block]
        kinds, kind_of = np.unique(np.nan_to_num(facts, nan=-1.0), axis=0, return_inverse=True)
        kinds = np.where(kinds == -1.0, np.nan, kinds)
        verdicts = self._without_history(kinds[:, 0], kinds[:, 1])[kind_of.ravel()]
        starts = histories.offsets[block.start : block.stop + 1]
        rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        verdicts[rows, histories.titles[starts[0] : starts[-1]]] = _number("watched")
        return verdicts

    def of_regions(self, audience: Audience) -> NDArray[np.uint8]:
        """[regions + 1, titles] for whoever falls back to the page of a region, the strictest too.

        The last row is for anyone anywhere: what every region licenses, if there is such a title.
        A page is never empty: where the strictest profile fits no title, the mildest titles stay,
        and where a region licenses nothing, what may be shown everywhere.
        """
        regions = np.append(np.arange(len(self.catalogue.region_names), dtype=float), np.nan)
        anyone = self._without_history(regions, np.full(len(regions), np.inf)) == 0
        maturity = np.nan_to_num(self.catalogue.maturity, nan=-np.inf)
        mildest = np.where(anyone, maturity, np.inf).min(axis=1, initial=np.inf)
        strictest = np.nanmin(audience.maturity_limits, initial=np.inf)
        verdicts = self._without_history(regions, np.maximum(strictest, mildest))
        everywhere = verdicts.max(axis=0, initial=0)
        if (everywhere == 0).any():
            verdicts[-1] = everywhere
        verdicts[(verdicts != 0).all(axis=1)] = verdicts[-1]
        return verdicts

    def _without_history(
        self, regions: NDArray[np.float64], limits: NDArray[np.float64]
    ) -> NDArray[np.uint8]:
        removing = {
            "removed": ~self.catalogue.listed[None],
            "region": self._region(regions),
            "maturity": self._maturity(limits),
            "availability": self._availability()[None],
            "playable": ~self.catalogue.plays[None],
        }
        verdicts = np.zeros((len(regions), len(self.catalogue.title_ids)), np.uint8)
        for name in reversed(FILTERS[1:]):  # the first filter in order has the last word
            verdicts[np.broadcast_to(removing[name], verdicts.shape)] = _number(name)
        return verdicts

    def _region(self, regions: NDArray[np.float64]) -> NDArray[np.bool_]:
        """[profiles, titles] a region that no title names is as unknown as none at all"""
        named: NDArray[np.bool_] = self.catalogue.regions.max(axis=1, initial=False)
        names_some = np.append(self.catalogue.regions.max(axis=0, initial=False), False)
        known = names_some[np.nan_to_num(regions, nan=-1).astype(int)]
        licensed: NDArray[np.bool_] = np.zeros((len(regions), len(named)), np.bool_)
        licensed[known] = self.catalogue.regions[:, regions[known].astype(int)].T
        unknown = ~named[None] | ~known[:, None]
        return np.where(unknown, self.remove_unknown, ~licensed)

    def _maturity(self, limits: NDArray[np.float64]) -> NDArray[np.bool_]:
        """[profiles, titles]"""
        above = self.catalogue.maturity[None] > limits[:, None]
        unknown = np.isnan(self.catalogue.maturity)[None] | np.isnan(limits)[:, None]
        return np.where(unknown, self.remove_unknown, above)

    def _availability(self) -> NDArray[np.bool_]:
        """[titles] not there for the whole time that a page lives; no end known means no end."""
        starts, ends = self.catalogue.available_from, self.catalogue.available_until
        outside = (starts > self.shown.start) | (ends < self.shown.end)
        return outside | (np.isnan(starts) & self.remove_unknown)


def check_limits(candidates: NDArray[np.int64], removed: NDArray[np.int64], policy: Policy) -> None:
    """Raise FilterRemovedTooMuch for the first filter above its limit; both are in filter order."""
    for limit, asked, gone in zip(policy.limits, candidates, removed, strict=True):
        if asked >= policy.fewest_counted and gone > limit.most_removed * asked:
            raise FilterRemovedTooMuch(limit.filter, int(gone), int(asked), limit.most_removed)


def _number(name: str) -> int:
    return 1 + FILTERS.index(name)
