"""Assemble training examples: labels, sampled negatives and every feature as known before them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features import on_demand
from features.declared import BY_NAME, Recent
from features.genres import TitleGenres
from features.labels import observed
from features.negatives import NEVER, sample
from features.offline import known_features
from features.pair_scores import pair_scores
from features.recent import recent_titles
from features.watches import Watches, as_microseconds, codes_of

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from features.offline import Runner, Sources


@dataclass(frozen=True)
class Labels:
    """Label rows as codes of the watches' ids, sorted by profile, title and time."""

    profiles: NDArray[np.int32]
    titles: NDArray[np.int32]
    as_of: NDArray[np.int64]
    outcomes: pa.Table
    """origin, watched, completed, liked"""


def training_examples(
    events: pa.Table, sources: Sources, start: int, seed: int, run: Runner
) -> pa.Table:
    """One row per label in [start, sources.before), with the columns of TRAINING_EXAMPLES.

    `events` are those of the sources' files that were known by then, as labels are made of them.
    """
    seen = observed(events, sources.titles, start, sources.before)
    watches = Watches.of(
        events,
        [*sources.titles["title_id"].to_pylist(), *seen["title_id"].unique().to_pylist()],
        [*sources.profiles["profile_id"].to_pylist(), *seen["profile_id"].unique().to_pylist()],
    )
    return featured(watches, with_negatives(seen, watches, sources.titles, seed), sources, run)


def with_negatives(seen: pa.Table, watches: Watches, titles: pa.Table, seed: int) -> Labels:
    """The observed labels, and beside each watch its sampled titles; one row per key."""
    import pyarrow as pa
    import pyarrow.compute as pc

    profiles = codes_of(seen["profile_id"], watches.profile_ids)
    seen_titles = codes_of(seen["title_id"], watches.title_ids)
    as_of = seen["as_of"].to_numpy()
    watched = np.flatnonzero(pc.equal(seen["origin"], "watched").to_numpy())
    drawn = sample(
        watches, profiles[watched], as_of[watched], _available(titles, watches.title_ids), seed
    )
    beside = watched[drawn.beside]
    outcomes = seen.select(["origin", "watched", "completed", "liked"])
    sampled = {"origin": ["sampled"] * len(beside), "watched": [False] * len(beside)}
    everyone = np.concatenate([profiles, profiles[beside]])
    everything = np.concatenate([seen_titles, drawn.titles])
    times = np.concatenate([as_of, as_of[beside]])
    # a title shown in the very second of a watch may also be drawn: what was observed comes first
    order = np.lexsort((np.arange(len(times)), times, everything, everyone))
    order = order[_fresh(everyone[order], everything[order], times[order])]
    merged = pa.concat_tables([outcomes, pa.table(sampled)], promote_options="default")
    return Labels(everyone[order], everything[order], times[order], merged.take(pa.array(order)))


def _available(
    titles: pa.Table, title_ids: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """[titles] from and until when each may be watched; unknown is always, unlisted never."""
    start, stop = np.full(len(title_ids), NEVER), np.full(len(title_ids), NEVER)
    codes = codes_of(titles["title_id"], title_ids)
    start[codes] = as_microseconds(titles["available_from"], 0)
    stop[codes] = as_microseconds(titles["available_until"], int(NEVER))
    return start, stop


def _fresh(*columns: NDArray[np.generic]) -> NDArray[np.bool_]:
    """[rows] whether a row of sorted columns differs from the one before it."""
    fresh = np.zeros(len(columns[0]), bool)
    fresh[:1] = True
    for column in columns:
        fresh[1:] |= column[1:] != column[:-1]
    return fresh


def featured(watches: Watches, labels: Labels, sources: Sources, run: Runner) -> pa.Table:
    """The labels with every declared feature as of their time, in their order."""
    import pyarrow as pa

    context, owner = _contexts(labels)
    profile_id, title_id = pa.array(watches.profile_ids), pa.array(watches.title_ids)
    contexts = pa.table({
        "label": np.arange(len(context)),
        "profile_id": profile_id.take(pa.array(labels.profiles[context])),
        "as_of": labels.as_of[context],
    })  # fmt: skip
    pairs = pa.table({
        "label": np.arange(len(owner)),
        "profile_id": profile_id.take(pa.array(labels.profiles)),
        "title_id": title_id.take(pa.array(labels.titles)),
        "as_of": labels.as_of,
    })  # fmt: skip
    of_profile, of_pair = known_features(sources, contexts, pairs, run)
    genres = TitleGenres.of(sources.titles, watches.title_ids)
    match = genres.match(of_profile["genre_affinities"], owner, labels.titles)
    co_watch, transition = pair_scores(watches, labels.profiles, labels.titles, labels.as_of)
    last = last_titles(watches, labels.profiles[context], labels.as_of[context])
    of_profile = of_profile.append_column("last_titles", last).take(pa.array(owner))
    named = [pairs.select(["profile_id", "title_id"]), labels.outcomes, of_profile, of_pair]
    columns = {name: table[name] for table in named for name in table.column_names}
    columns |= {
        "at": pa.array(labels.as_of).cast(pa.timestamp("us", tz="UTC")),
        "genre_match": pa.array(match),
        "co_watch_score": pa.array(co_watch),
        "transition_score": pa.array(transition),
        "weekday": pa.array(on_demand.weekday(labels.as_of)),
        "hour": pa.array(on_demand.hour(labels.as_of)),
    }
    return pa.table(columns)


def _contexts(labels: Labels) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A label of each profile and time, and for each label the place of its context among them."""
    order = np.lexsort((labels.as_of, labels.profiles))
    fresh = _fresh(labels.profiles[order], labels.as_of[order])
    owner = np.empty(len(order), np.int64)
    owner[order] = np.cumsum(fresh) - 1
    return order[fresh], owner


def last_titles(
    watches: Watches, profiles: NDArray[np.int32], as_of: NDArray[np.int64]
) -> pa.ListArray:
    """[contexts] the ids of the titles watched last, newest first."""
    import pyarrow as pa

    made = BY_NAME["last_titles"].made
    assert isinstance(made, Recent)  # noqa: S101
    found = recent_titles(watches, profiles, as_of, made.length)
    offsets = np.concatenate(([0], np.cumsum((found >= 0).sum(axis=1)))).astype(np.int32)
    ids = pa.array(watches.title_ids, pa.string()).take(pa.array(found[found >= 0]))
    return pa.ListArray.from_arrays(pa.array(offsets), ids)
