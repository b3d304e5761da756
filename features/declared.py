"""Say every feature once, as data: offline, online, models and docs loop over these declarations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from features import on_demand, title_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

Entity = Literal["profile", "title", "pair", "context"]
Kind = Literal["number", "whole", "category", "shares", "words", "titles"]
Freshness = Literal["batch", "streaming", "on-demand"]

SQL_TYPES: dict[Kind, str] = {
    "number": "DOUBLE", "whole": "INT", "category": "STRING",
    "shares": "MAP<STRING, DOUBLE>", "words": "ARRAY<STRING>", "titles": "ARRAY<STRING>",
}  # fmt: skip
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Total:
    """An amount of each event, added up while the event is no older than the window.

    `amount` is DuckDB SQL over one event: its columns, its title's `genres` and `year`, and the
    whole numbers `watched`, `liked`, `disliked` (0 or 1). It must be a whole number: those add
    and subtract without rounding, so that a window moved along time equals a window counted anew.
    """

    amount: str
    window: timedelta | None = None
    """Without one, every event that is known counts."""


@dataclass(frozen=True)
class Newest:
    """The event time of the newest event for which the condition holds, null without any."""

    where: str


@dataclass(frozen=True)
class Windowed:
    """A value of the totals of an entity's events, as known before a time."""

    value: str
    """DuckDB SQL over the names of the totals, and `as_of`, the time; null means absent."""
    totals: dict[str, Total | Newest]

    def __hash__(self) -> int:
        return hash((self.value, tuple(self.totals.items())))


@dataclass(frozen=True)
class Shares:
    """How an amount of the entity's events, as known before a time, divides among words."""

    words: str
    """DuckDB SQL over one event: the list of words among which its amount is divided."""
    amount: str


@dataclass(frozen=True)
class Recent:
    """The titles watched last, as known before a time: distinct, newest first."""

    length: int


@dataclass(frozen=True)
class Attribute:
    """What the catalogue or the profile table of the night says; it has no history."""

    value: str
    """DuckDB SQL over the row of the entity's table, and `as_of`, the time; null means absent."""


@dataclass(frozen=True)
class OnDemand:
    """One NumPy function, called by training and by serving alike."""

    function: Callable[..., object]
    inputs: tuple[str, ...]
    """What it is given: other features, or the matrix of pairs that it reads."""


Method = Windowed | Shares | Recent | Attribute | OnDemand


@dataclass(frozen=True)
class Feature:
    """One thing that a model may know about a profile, a title, both or the moment."""

    name: str
    entity: Entity
    kind: Kind
    when_absent: float | int | str | tuple[()] | None
    meaning: str
    made: Method = field(repr=False)
    freshness: Freshness = "batch"
    owner: str = "ml-engineering"

    @property
    def sql_type(self) -> str:
        """The type of its column, the same in every table."""
        return SQL_TYPES[self.kind]


def plays(days: int) -> Windowed:
    """Watches in a window of days."""
    return Windowed("plays", {"plays": Total("watched", days * DAY)})


LIKE_SHARE = Windowed(
    # one like and one dislike are given to everybody: no opinion is a half, one is no verdict
    "(likes + 1) / (likes + dislikes + 2)",
    {"likes": Total("liked"), "dislikes": Total("disliked")},
)
LONGEST_AWAY_DAYS = 365
"""Beyond a year away, longer says nothing; a profile that never watched counts as that."""
GENRE_UNITS = 2520
"""A watch divided among up to ten genres gives each a whole number of units."""

PROFILE: tuple[Feature, ...] = (
    Feature("plays_7d", "profile", "number", 0.0, "Watches of the profile in the last 7 days.", plays(7)),
    Feature("plays_30d", "profile", "number", 0.0, "Watches of the profile in the last 30 days.", plays(30)),
    Feature("plays_90d", "profile", "number", 0.0, "Watches of the profile in the last 90 days.", plays(90)),
    Feature("like_share", "profile", "number", 0.5, "Likes among the opinions the profile gave, one of each added.", LIKE_SHARE),
    Feature(
        "genre_affinities", "profile", "shares", (),
        "How the profile's watches divide among genres; a watch divides evenly among its title's.",
        Shares("genres", f"watched * {GENRE_UNITS} // greatest(len(genres), 1)"),
    ),
    Feature(
        "days_since_last_play", "profile", "number", float(LONGEST_AWAY_DAYS),
        "Days since the profile's newest watch, at most 365.",
        Windowed(f"least(epoch(as_of - newest) / 86400, {LONGEST_AWAY_DAYS})", {"newest": Newest("watched = 1")}),
    ),
    Feature(
        "novelty_appetite", "profile", "number", 0.0,
        "The share of new releases (of the year of the watch or the one before) in the profile's watches of 90 days.",
        Windowed("fresh / nullif(plays, 0)", {
            "fresh": Total("watched * (coalesce(year, 0) >= year(event_time) - 1)::INT", 90 * DAY),
            "plays": Total("watched", 90 * DAY),
        }),
    ),
    Feature("age_band", "profile", "category", "unknown", "The age band of the profile.", Attribute("age_band")),
    Feature("occupation", "profile", "category", "unknown", "The occupation of the profile.", Attribute("occupation")),
    Feature("last_titles", "profile", "titles", (), "The up to five titles that the profile watched last, newest first.", Recent(5)),
)  # fmt: skip

TITLE: tuple[Feature, ...] = (
    Feature("title_plays_1d", "title", "number", 0.0, "Watches of the title in the last day.", plays(1)),
    Feature("title_plays_7d", "title", "number", 0.0, "Watches of the title in the last 7 days.", plays(7)),
    Feature("title_plays_30d", "title", "number", 0.0, "Watches of the title in the last 30 days.", plays(30)),
    Feature(
        "title_trend", "title", "number", 0.0,
        "The logarithm of the last week's watches over a usual week of the last 30 days, one added to each.",
        Windowed("ln((week + 1) / (month * 7 / 30 + 1))", {"week": Total("watched", 7 * DAY), "month": Total("watched", 30 * DAY)}),
    ),
    Feature("title_like_share", "title", "number", 0.5, "Likes among the opinions about the title, one of each added.", LIKE_SHARE),
    Feature("title_age_years", "title", "number", 10.0, "Calendar years since the title's year.", Attribute("(year(as_of) - year) * (year(as_of) > year)::INT")),
    Feature("genres", "title", "words", (), "The genres of the title.", Attribute("genres")),
    Feature("year", "title", "whole", None, "The year of the title.", Attribute("year")),
)  # fmt: skip

PAIR: tuple[Feature, ...] = (
    Feature(
        "genre_match", "pair", "number", 0.0,
        "The share of the profile's watches that fall in the title's genres.",
        OnDemand(on_demand.genre_match, ("genre_affinities", "genres")), "on-demand",
    ),
    Feature(
        "co_watch_score", "pair", "number", 0.0,
        "The mean likeness of the title's audience to those of the profile's last 50 titles; audiences as of the last midnight.",
        OnDemand(title_pairs.co_watch_scores, ("co_watches", "last 50 titles")), "on-demand",
    ),
    Feature(
        "transition_score", "pair", "number", 0.0,
        "The logarithm of 1 + the weighted transitions from the profile's last three titles; transitions as of the last midnight.",
        OnDemand(title_pairs.transition_scores, ("transitions", "last 3 titles")), "on-demand",
    ),
    Feature("times_seen", "pair", "number", 0.0, "Watches of the title by the profile so far.", Windowed("plays", {"plays": Total("watched")}), "on-demand"),
)  # fmt: skip

CONTEXT: tuple[Feature, ...] = (
    Feature("weekday", "context", "whole", None, "The day of the week in UTC, Monday 0.", OnDemand(on_demand.weekday, ("at",)), "on-demand"),
    Feature("hour", "context", "whole", None, "The hour of the day in UTC.", OnDemand(on_demand.hour, ("at",)), "on-demand"),
)  # fmt: skip

FEATURES: tuple[Feature, ...] = (*PROFILE, *TITLE, *PAIR, *CONTEXT)
BY_NAME: dict[str, Feature] = {feature.name: feature for feature in FEATURES}


def columns(features: tuple[Feature, ...]) -> str:
    """The DDL of the columns of some features, as the catalog spells them."""
    return ", ".join(f"{feature.name} {feature.sql_type}" for feature in features)
