"""Hold the rules of a page as frozen data with a hash: budgets, filters, diversity, rows, slots.

Every number has its reason beside it. What the rules do stands in the modules that read them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from lakehouse.errors import MarqueeError

SOURCES = (
    "two_tower", "co_watch", "transitions", "content",
    "popular", "trending", "new", "because_you_watched",
)  # fmt: skip
"""The sources in bit order: bit i of a title's source bits says that SOURCES[i] proposed it."""

FILTERS = ("watched", "removed", "region", "maturity", "availability", "playable")
"""The filters in the order in which they are asked; the first that removes a title counts it."""


class BadPolicy(MarqueeError):
    """A policy names sources, filters or slots that do not fit together."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The policy cannot be used, because {why}: see jobs/recommend/policy.py.")


@dataclass(frozen=True)
class Budget:
    """How many candidates one source may add for a profile."""

    source: str
    titles: int
    reason: str


@dataclass(frozen=True)
class Limit:
    """The share of candidates that a filter may remove before the night stops."""

    filter: str
    most_removed: float
    reason: str


@dataclass(frozen=True)
class Shelf:
    """Rows of one kind on a page."""

    source: str
    """top_picks, because_you_watched, trending, new, popular or genre."""
    rows: int
    slots: int
    fewest: int
    """A row with fewer titles is left out."""
    reason: str


@dataclass(frozen=True)
class ExploredSlot:
    """A slot whose title is drawn, so that the log can say what would have happened otherwise."""

    source: str
    slot: int
    weights: tuple[float, ...]
    """Of the title that stood there, then of the best titles that are nowhere on the page."""
    reason: str


@dataclass(frozen=True)
class Policy:
    """The rules in force; `content_hash` names them in every manifest."""

    budgets: tuple[Budget, ...] = (
        Budget("two_tower", 400, "the one source that knows a whole taste: most of the recall"),
        Budget("co_watch", 250, "strong where a profile has history, and it needs no training"),
        Budget("transitions", 200, "what comes next after the last plays; deep lists only add noise"),
        Budget("content", 150, "the only way in for titles that nobody has watched yet"),
        Budget("popular", 150, "what most people watch is often right, and never empty"),
        Budget("trending", 50, "few titles really rise in one week"),
        Budget("new", 100, "a row of new titles must fill up after filters"),
        Budget("because_you_watched", 120, "three anchors, two rows' worth of neighbours each"),
    )  # fmt: skip
    most_candidates: int = 1000
    """A ranker pass over 1,000 titles a profile fits the night; the guide asks for 500 to 1,000."""
    deepest_watched: int = 1000
    """Sources look this much deeper than their budget where a profile has watched a lot."""

    limits: tuple[Limit, ...] = (
        Limit("watched", 0.95, "heavy viewers have seen most of what suits them, all of it nobody"),
        Limit("removed", 0.50, "half a catalogue does not vanish in a night: a truncated import"),
        Limit("region", 0.90, "the smallest region licenses a tenth of the catalogue"),
        Limit("maturity", 0.90, "even a service for children fits a tenth of what it proposes"),
        Limit("availability", 0.90, "a licence field in the wrong unit hides nearly everything"),
        Limit("playable", 0.90, "a service whose films are a tenth of its catalogue is not ready"),
    )  # fmt: skip
    fewest_counted: int = 1000
    """Below this many candidates a share says nothing and stops nothing."""
    missing_attribute: str = "allow"
    """What an unknown region, maturity or availability means: no restriction, by default."""
    unplayable: str = "allow"
    """What becomes of a title that does not play; a first night has no films, and pages."""

    popular_half_life_days: float = 30.0
    """A watch counts half as much a month later: last season's hit gives way to this month's."""
    region_prior_plays: float = 1000.0
    """A region's own chart outweighs the whole service's from this many plays on."""
    trending_days: float = 7.0
    """A week holds each weekday once, so that a weekend is no trend."""
    trending_weeks_before: float = 4.0
    """A month of weeks to compare with smooths holidays and still forgets last season."""
    new_days: float = 365.0
    """Titles known by their year alone stay new for a year after it."""
    content_history: int = 50
    """A taste in genres needs many plays; more than fifty add years-old taste."""
    content_popularity: float = 0.1
    """Orders titles of equal content; small enough never to beat one genre more in common."""
    anchors: int = 3
    """Up to three titles that a profile watched head a row of their own."""
    neighbours_of_anchor: int = 100
    """Forty for a row after what was watched and filtered away."""

    shelves: tuple[Shelf, ...] = (
        Shelf("top_picks", 1, 20, 1, "the best of everything; a page without it has no reason"),
        Shelf("because_you_watched", 3, 20, 4, "says why; more than three anchors crowd the page"),
        Shelf("trending", 1, 20, 4, "shows that the service is alive tonight"),
        Shelf("new", 1, 20, 4, "new titles get seen, and so get their first plays"),
        Shelf("popular", 1, 20, 4, "what one can talk about with others"),
        Shelf("genre", 3, 20, 4, "the genres that say most about a profile; ten rows in all"),
    )  # fmt: skip
    popular_shelves: tuple[Shelf, ...] = (
        Shelf("popular", 1, 20, 1, "without a taste to go by, what most people watch comes first"),
        Shelf("trending", 1, 20, 4, "what is different tonight"),
        Shelf("new", 1, 20, 4, "a newcomer looks for what others do not have yet"),
        Shelf("genre", 6, 20, 4, "one of six genres is everybody's; nine rows in all"),
    )  # fmt: skip
    popular_budget: int = 1000
    """Six genre rows draw on all that is popular; there are few such pages, so it costs nothing."""
    fewest_titles: int = 5
    """With less than one screen of titles nothing is left, and the popular page says more."""
    pinned_rows: int = 1
    """Top picks stay first: viewers learn where their best row is."""
    visible_slots: int = 5
    """A screen shows about five titles of a row; a row is worth what these are worth."""
    window_factor: int = 3
    """Diversity looks at three candidates a slot; deeper ones are too weak to be worth a change."""
    longest_genre_run: int = 3
    """The guide's example: not five thrillers in a row; a fourth already looks like a list."""
    franchise_gap: int = 4
    """Two films of one franchise do not share a screen."""
    fresh_every: int = 10
    """One title in ten slots is new where one is near: discovery without a worse first screen."""
    genre_bits: int = 64
    """Runs are tracked for the 64 most common genres: one machine word a title."""

    explored: tuple[ExploredSlot, ...] = (
        ExploredSlot(
            "top_picks", 4, (0.05,) * 20,
            "last slot of the first screen: seen by most, and one slot in two hundred to lose; "
            "equal chances give the least variance when nothing is known of the pool",
        ),
    )  # fmt: skip

    def __post_init__(self) -> None:
        if tuple(budget.source for budget in self.budgets) != SOURCES:
            raise BadPolicy("its budgets are not those of all sources in bit order")
        if tuple(limit.filter for limit in self.limits) != FILTERS:
            raise BadPolicy("its limits are not those of all filters in their order")
        slots = {shelf.source: shelf.slots for shelf in self.shelves}
        for one in self.explored:
            if one.slot >= slots.get(one.source, 0) or min(one.weights, default=0) <= 0:
                raise BadPolicy(f"slot {one.slot} of {one.source} cannot be explored")

    @property
    def filters(self) -> tuple[str, ...]:
        """The filters in force, in their order."""
        return FILTERS if self.unplayable == "remove" else FILTERS[:-1]

    @property
    def content_hash(self) -> str:
        """SHA-256 of every rule, reasons aside, as hexadecimal digits."""
        text = json.dumps(_without_reasons(asdict(self)), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _without_reasons(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_reasons(v) for name, v in value.items() if name != "reason"}
    if isinstance(value, list | tuple):
        return [_without_reasons(one) for one in value]
    return value
