"""Say what a label may know in plain Python, one event at a time."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from features.histories import Histories
from features.title_pairs import co_watch_scores, co_watches, transition_scores, transitions

Event = dict[str, Any]


def before(log: list[Event], at: datetime) -> list[Event]:
    """What happened and was known before a time, oldest first."""
    seen = [one for one in log if one["event_time"] < at and one["known_time"] < at]
    return sorted(seen, key=lambda one: (one["event_time"], one["title_id"]))


def watched(log: list[Event]) -> list[Event]:
    return [one for one in log if one["type"] in ("play", "complete")]


def plays(log: list[Event], at: datetime, days: int) -> int:
    return sum(one["event_time"] >= at - timedelta(days=days) for one in watched(log))


def like_share(log: list[Event]) -> float:
    likes, dislikes = (sum(one["type"] == kind for one in log) for kind in ("like", "dislike"))
    return (likes + 1) / (likes + dislikes + 2)


def last_titles(log: list[Event], length: int) -> list[str]:
    newest: list[str] = []
    for one in reversed(watched(log)):
        if one["title_id"] not in newest:
            newest.append(one["title_id"])
    return newest[:length]


def profile(log: list[Event], at: datetime, catalogue: dict[str, Event]) -> dict[str, Any]:
    """The features of a profile with this log."""
    seen = before(log, at)
    recent = [w for w in watched(seen) if w["event_time"] >= at - timedelta(days=90)]
    fresh = [
        w for w in recent
        if (catalogue[w["title_id"]]["year"] or 0) >= w["event_time"].year - 1
    ]  # fmt: skip
    newest = max((w["event_time"] for w in watched(seen)), default=None)
    away = 365.0 if newest is None else min((at - newest) / timedelta(days=1), 365.0)
    genres: dict[str, float] = {}
    for one in watched(seen):
        for genre in (own := catalogue[one["title_id"]]["genres"] or []):
            genres[genre] = genres.get(genre, 0) + 1 / len(own)
    return {
        "plays_7d": plays(seen, at, 7),
        "plays_30d": plays(seen, at, 30),
        "plays_90d": plays(seen, at, 90),
        "like_share": like_share(seen),
        "days_since_last_play": away,
        "novelty_appetite": len(fresh) / len(recent) if recent else 0.0,
        "last_titles": last_titles(seen, 5),
        "genre_affinities": {
            genre: part / sum(genres.values()) for genre, part in sorted(genres.items())
        },
    }


def title(log: list[Event], at: datetime) -> dict[str, Any]:
    """The features of a title with this log."""
    seen = before(log, at)
    week, month = plays(seen, at, 7), plays(seen, at, 30)
    return {
        "title_plays_1d": plays(seen, at, 1),
        "title_plays_7d": week,
        "title_plays_30d": month,
        "title_trend": math.log((week + 1) / (month * 7 / 30 + 1)),
        "title_like_share": like_share(seen),
    }


def pair_scores(
    log: list[Event], at: datetime, profile_id: str, title_id: str, title_ids: list[str]
) -> tuple[float, float]:
    """Both scores of a pair, from matrices that are built from nothing for its last midnight."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    told = watched(before(log, midnight))
    h = Histories.of(
        [one["profile_id"] for one in told],
        [one["title_id"] for one in told],
        [one["event_time"].timestamp() for one in told],
        title_ids,
    )
    own = last_titles(before([one for one in log if one["profile_id"] == profile_id], at), 50)
    last = np.full((1, 50), -1, np.int32)
    last[0, : len(own)] = [h.title_ids.index(one) for one in own]
    place = h.title_ids.index(title_id)
    alike = co_watch_scores(co_watches(h), last)[0, place]
    return alike, transition_scores(transitions(h), last[:, :3])[0, place]
