"""Read what the pages of a night are made of, into arrays by code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from features.watches import Watches, known_events, midnight_after
from jobs.recommend.attributes import Audience, Catalogue, codes_of, shares
from jobs.recommend.funnel import Funnel
from jobs.recommend.policy import Policy
from lakehouse.catalog import CO_WATCHES, PROFILE_FEATURES, PROFILES, TITLES, TRANSITIONS
from lakehouse.writing import arrow_schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import pyarrow as pa
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from features.histories import Histories
    from jobs.recommend.sources import TwoTower
    from lakehouse.catalog import Table
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake


def policy_of(settings: Settings) -> Policy:
    """The policy in force: the rules, and what settings decide of them."""
    return replace(Policy(), missing_attribute=settings.missing_attribute)


def read_funnel(
    lake: Lake, night: date, two_tower: Callable[[Histories], TwoTower | None]
) -> Funnel:
    """The candidate stage of a night, from its tables; `two_tower` gives that source if it can."""
    titles, profiles = snapshot(lake, TITLES, night), snapshot(lake, PROFILES, night)
    events = known_events(lake, night)
    ids = titles["title_id"].to_pylist(), profiles["profile_id"].to_pylist()
    histories = Watches.of(events, *ids).histories
    regions = [one for one in profiles["region"].unique().to_pylist() if one]
    catalogue = Catalogue.of(titles, histories.title_ids, regions)
    return Funnel.of(
        histories,
        midnight_after(night).timestamp(),
        co_watches=_pairs(lake, CO_WATCHES, night, histories.title_ids),
        transitions=_pairs(lake, TRANSITIONS, night, histories.title_ids),
        catalogue=catalogue,
        audience=Audience.of(profiles, histories.profile_ids, catalogue.region_names),
        two_tower=two_tower(histories),
        liked=_opinions(events, histories, "like"),
        disliked=_opinions(events, histories, "dislike"),
        policy=policy_of(lake.settings),
        page_hours=lake.settings.page_lifetime_hours,
    )


def read_affinities(lake: Lake, night: date, funnel: Funnel) -> NDArray[np.float32]:
    """[profiles, genres] the declared feature genre_affinities, by the codes of the catalogue."""
    table = snapshot(lake, PROFILE_FEATURES, night)
    ids, genres = funnel.histories.profile_ids, funnel.catalogue.genre_names
    codes = codes_of(table["profile_id"], ids)
    known = table.filter(codes >= 0)
    return shares(known["genre_affinities"], codes[codes >= 0], len(ids), genres)


def snapshot(lake: Lake, table: Table, night: date) -> pa.Table:
    """A snapshot table as of a night; one that was written without rows has no rows.

    Delta keeps no empty partition, so `Lake.arrow` cannot tell such a table from a missing night.
    """
    if lake.exists(table) and lake.newest_night(table, night) is None:
        return arrow_schema(table).empty_table()
    return lake.arrow(table, night)


def _pairs(lake: Lake, table: Table, night: date, title_ids: list[str]) -> csr_matrix:
    """[titles, titles] the scores of a table of pairs."""
    from scipy.sparse import csr_matrix

    rows = snapshot(lake, table, night)
    first, second = (codes_of(rows[name], title_ids) for name in table.one_row_per[:2])
    known = (first >= 0) & (second >= 0)
    scores = rows["score"].to_numpy()[known]
    return csr_matrix((scores, (first[known], second[known])), (len(title_ids),) * 2)


def _opinions(events: pa.Table, histories: Histories, kind: str) -> NDArray[np.int64]:
    """The pairs of profile and title of which an event of this kind is known."""
    import pyarrow.compute as pc

    given = events.filter(pc.equal(events["type"], kind))
    profiles = codes_of(given["profile_id"], histories.profile_ids)
    titles = codes_of(given["title_id"], histories.title_ids)
    known = (profiles >= 0) & (titles >= 0)
    return np.unique(profiles[known] * len(histories.title_ids) + titles[known])
