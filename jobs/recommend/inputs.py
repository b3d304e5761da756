"""Read what the pages of a night are made of, into arrays by code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from features.watches import Watches, known_events, midnight_after
from jobs.recommend.attributes import codes_of, shares
from jobs.recommend.funnel import Funnel
from jobs.recommend.known import Known
from jobs.recommend.plays import with_plays
from jobs.recommend.policy import Policy
from lakehouse.catalog import CO_WATCHES, PROFILE_FEATURES, PROFILES, TITLES, TRANSITIONS

if TYPE_CHECKING:
    from datetime import date

    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from features.histories import Histories
    from jobs.recommend.sources import TwoTower
    from lakehouse.catalog import Table
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake


def policy_of(settings: Settings) -> Policy:
    """The policy in force: the rules, and what settings decide of them."""
    return replace(
        Policy(), missing_attribute=settings.missing_attribute, unplayable=settings.unplayable
    )


@dataclass(frozen=True)
class Inputs:
    """What the tables of a night say, the models aside."""

    histories: Histories
    policy: Policy
    at: float
    """The end of the night, seconds since 1970."""
    page_hours: float
    known: Known
    co_watches: csr_matrix
    transitions: csr_matrix

    def funnel(self, two_tower: TwoTower | None) -> Funnel:
        """The candidate stage, with the two-tower source where there is one."""
        return Funnel.of(
            self.histories, self.at, co_watches=self.co_watches, transitions=self.transitions,
            catalogue=self.known.catalogue, audience=self.known.audience, two_tower=two_tower,
            liked=self.known.liked, disliked=self.known.disliked, policy=self.policy,
            page_hours=self.page_hours,
        )  # fmt: skip


def read_inputs(lake: Lake, night: date, list_read: int | None = None) -> Inputs:
    """Read the tables of a night; of the list of what plays this version, or the newest."""
    titles, profiles = lake.arrow(TITLES, night), lake.arrow(PROFILES, night)
    events = known_events(lake, night)
    ids = titles["title_id"].to_pylist(), profiles["profile_id"].to_pylist()
    histories = Watches.of(events, *ids).histories
    policy, known = policy_of(lake.settings), Known.of(histories, events, profiles, titles)
    if policy.unplayable == "remove":
        known = replace(known, catalogue=with_plays(lake, night, known.catalogue, list_read))
    return Inputs(
        histories,
        policy,
        midnight_after(night).timestamp(),
        lake.settings.page_lifetime_hours,
        known,
        _pairs(lake, CO_WATCHES, night, histories.title_ids),
        _pairs(lake, TRANSITIONS, night, histories.title_ids),
    )


def read_affinities(lake: Lake, night: date, funnel: Funnel) -> NDArray[np.float32]:
    """[profiles, genres] the declared feature genre_affinities, by the codes of the catalogue."""
    table = lake.arrow(PROFILE_FEATURES, night)
    ids, genres = funnel.histories.profile_ids, funnel.catalogue.genre_names
    codes = codes_of(table["profile_id"], ids)
    known = table.filter(codes >= 0)
    return shares(known["genre_affinities"], codes[codes >= 0], len(ids), genres)


def _pairs(lake: Lake, table: Table, night: date, title_ids: list[str]) -> csr_matrix:
    """[titles, titles] the scores of a table of pairs."""
    from scipy.sparse import csr_matrix

    rows = lake.arrow(table, night)
    first, second = (codes_of(rows[name], title_ids) for name in table.one_row_per[:2])
    known = (first >= 0) & (second >= 0)
    scores = rows["score"].to_numpy()[known]
    return csr_matrix((scores, (first[known], second[known])), (len(title_ids),) * 2)
