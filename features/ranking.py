"""Hold the features of a night as arrays, and give those of any profiles and titles to a ranker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features import on_demand
from features.declared import PROFILE, TITLE, Recent
from features.genres import TitleGenres
from features.recent import recent_titles
from features.title_pairs import (
    CO_WATCH_LENGTH,
    LAST_WEIGHTS,
    co_watch_scores,
    co_watches,
    fast,
    transition_scores,
    transitions,
)
from features.watches import Watches, histories, microseconds, midnight_after
from lakehouse.catalog import PROFILE_FEATURES, TITLE_FEATURES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import pyarrow as pa
    from numpy.typing import NDArray

    from features.declared import Feature
    from features.histories import Histories
    from features.title_pairs import Matrix
    from lakehouse.tables import Lake

    Column = NDArray[np.float64] | NDArray[np.str_]

PROFILES_AT_ONCE = 256
"""How many profiles are scored against all titles at once: 20 MB at ten thousand titles."""


@dataclass(frozen=True)
class NightFeatures:
    """What the end of a night knows, by the codes of its histories."""

    histories: Histories
    as_of: int
    """The end of the night, microseconds since 1970."""
    profile: dict[str, Column]
    """[profiles] each number, whole number and category of a profile."""
    title: dict[str, Column]
    """[titles] each number, whole number and category of a title."""
    affinities: NDArray[np.float64]
    """[profiles, genres + 1] genre affinities; the last column is zero."""
    genres: TitleGenres
    last: NDArray[np.int32]
    """[profiles, 50] the titles watched last, newest first, -1 where there are fewer."""
    alike: Matrix
    """[titles, titles] co-watches."""
    follows: Matrix
    """[titles, titles] transitions."""
    watched: NDArray[np.int64]
    """[watches] profile * titles + title of each watch, sorted."""

    @classmethod
    def of(cls, lake: Lake, night: date) -> NightFeatures:
        """Read the feature tables and the histories of a night."""
        tables = lake.arrow(PROFILE_FEATURES, night), lake.arrow(TITLE_FEATURES, night)
        return cls.of_tables(histories(lake, night), *tables, microseconds(midnight_after(night)))

    @classmethod
    def of_tables(
        cls, h: Histories, profiles: pa.Table, titles: pa.Table, as_of: int
    ) -> NightFeatures:
        """Put the values of `online.profile_values` and `online.title_values` into arrays."""
        watches = Watches.of_histories(h)
        everyone = np.arange(len(h.profile_ids), dtype=np.int32)
        genres = TitleGenres.of(titles, h.title_ids)
        affinities = np.zeros((len(everyone), len(genres.words) + 1))
        places = _places(profiles["profile_id"], h.profile_ids)
        affinities[places >= 0] = genres.dense(profiles["genre_affinities"])[places[places >= 0]]
        return cls(
            h, as_of,
            profile=_arrays(PROFILE, profiles, places),
            title=_arrays(TITLE, titles, _places(titles["title_id"], h.title_ids)),
            affinities=affinities,
            genres=genres,
            last=recent_titles(watches, everyone, np.full(len(everyone), as_of), CO_WATCH_LENGTH),
            alike=fast(co_watches(h)),
            follows=fast(transitions(h)),
            watched=np.sort(watches.pairs),
        )  # fmt: skip


def _places(column: pa.ChunkedArray, ids: Sequence[str]) -> NDArray[np.int64]:
    """[ids] the row of each id in a column, -1 where it has none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.index_in(pa.array(ids, pa.string()), column.combine_chunks())
    places: NDArray[np.int64] = found.fill_null(-1).to_numpy().astype(np.int64)
    return places


def _arrays(
    features: tuple[Feature, ...], table: pa.Table, places: NDArray[np.int64]
) -> dict[str, Column]:
    """The plain columns of a table in the order of codes, absent where a code has no row."""
    import pyarrow as pa

    arrays: dict[str, Column] = {}
    for feature in features:
        if feature.kind in ("number", "whole"):
            absent = np.nan if feature.when_absent is None else feature.when_absent
            column = table[feature.name].cast(pa.float64()).fill_null(absent)
            arrays[feature.name] = np.append(column.to_numpy(), absent)[places]
        elif feature.kind == "category":
            words = table[feature.name].fill_null(feature.when_absent).to_pylist()
            arrays[feature.name] = np.asarray([*words, feature.when_absent])[places]
    return arrays


def ranking_columns(
    night: NightFeatures, profiles: NDArray[np.int32], titles: NDArray[np.int32]
) -> dict[str, NDArray[np.generic]]:
    """The declared features of pairs, named as in TRAINING_EXAMPLES.

    Numbers and whole numbers are [pairs] float64, NaN where there is none; categories [pairs] text;
    `last_titles` [pairs, 5] int32 title codes of the night's histories, -1 where there are fewer.
    Maps and lists of words are left out: `genre_match` is what a pair makes of them. Pairs that
    come sorted by profile are fastest.
    """
    columns: dict[str, NDArray[np.generic]] = {}
    columns |= {name: values[profiles] for name, values in night.profile.items()}
    columns |= {name: values[titles] for name, values in night.title.items()}
    length = next(one.made.length for one in PROFILE if isinstance(one.made, Recent))
    columns["last_titles"] = night.last[profiles, :length]
    genres = night.genres.codes[titles]
    columns["genre_match"] = on_demand.genre_match(night.affinities, profiles, genres)
    columns["co_watch_score"], columns["transition_score"] = _pair_scores(night, profiles, titles)
    columns["times_seen"] = _times_seen(night, profiles, titles)
    at = np.full(len(profiles), night.as_of)
    columns["weekday"] = on_demand.weekday(at).astype(np.float64)
    columns["hour"] = on_demand.hour(at).astype(np.float64)
    return columns


def _pair_scores(
    night: NightFeatures, profiles: NDArray[np.int32], titles: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[pairs] co-watch and transition scores, from blocks of profiles times all titles."""
    co_watch, transition = np.zeros(len(profiles)), np.zeros(len(profiles))
    everyone, row = np.unique(profiles, return_inverse=True)
    order = np.argsort(row, kind="stable")
    for start in range(0, len(everyone), PROFILES_AT_ONCE):
        first, stop = np.searchsorted(row[order], [start, start + PROFILES_AT_ONCE])
        pairs = order[first:stop]
        last = night.last[everyone[start : start + PROFILES_AT_ONCE]]
        cells = (row[pairs] - start, titles[pairs])
        co_watch[pairs] = co_watch_scores(night.alike, last)[cells]
        transition[pairs] = transition_scores(night.follows, last[:, : len(LAST_WEIGHTS)])[cells]
    return co_watch, transition


def _times_seen(
    night: NightFeatures, profiles: NDArray[np.int32], titles: NDArray[np.int32]
) -> NDArray[np.float64]:
    """[pairs] how often each profile watched each title."""
    asked = profiles.astype(np.int64) * len(night.histories.title_ids) + titles
    first, last = (np.searchsorted(night.watched, asked, side=side) for side in ("left", "right"))
    return (last - first).astype(np.float64)
