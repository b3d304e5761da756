"""Make a small service with tastes: a canonical log in which genres, likes and shown titles mean something."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.settings import Settings

GENRES = ("Drama", "Comedy", "Thriller", "Documentary", "Family")
LAST_NIGHT = date(2026, 1, 31)


@dataclass(frozen=True)
class World:
    """How large the made service is."""

    profiles: int = 90
    titles: int = 120
    nights: int = 60
    plays_a_visit: int = 3
    seed: int = 7


def land_world(settings: Settings, world: World | None = None) -> None:
    """Land titles, profiles and a log of plays, completes, likes and ignored impressions."""
    world = world or World()
    rng = np.random.default_rng(world.seed)
    genre_of = rng.integers(len(GENRES), size=world.titles)
    taste = rng.dirichlet(np.full(len(GENRES), 0.3), size=world.profiles)
    drawing = rng.pareto(1.2, size=world.titles) + 0.3
    write(settings, "titles", [title(t, genre_of[t]) for t in range(world.titles)])
    write(settings, "profiles", [{"profile_id": f"p{p}"} for p in range(world.profiles)])
    events: list[dict[str, Any]] = []
    for back in range(world.nights, -1, -1):
        day = LAST_NIGHT - timedelta(days=back)
        for profile in np.flatnonzero(rng.random(world.profiles) < 0.25):
            appeal = taste[profile][genre_of] * drawing
            chosen = rng.choice(
                world.titles, size=2 * world.plays_a_visit, replace=False, p=appeal / appeal.sum()
            )
            events += visit(rng, int(profile), chosen, day, taste[profile][genre_of])
    write(settings, "events", events)


def title(code: int, genre: int) -> dict[str, Any]:
    """A title with a name, one genre and a year."""
    return {
        "title_id": f"t{code}",
        "name": f"{GENRES[genre]} no. {code}",
        "kind": "film",
        "genres": [GENRES[genre]],
        "year": 1990 + code % 36,
    }


def visit(
    rng: np.random.Generator, profile: int, chosen: Any, day: date, match: Any
) -> list[dict[str, Any]]:
    """Half of the shown titles are played, more of the matching ones to the end and liked."""
    start = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
    events = []
    for place, code in enumerate(chosen):
        at = start + timedelta(minutes=int(90 * place + rng.integers(60)))
        said = {"profile_id": f"p{profile}", "title_id": f"t{code}", "region": "DE"}
        kinds = ["impression"] if place % 2 else ["impression", "play"]
        if "play" in kinds and rng.random() < 0.3 + 0.6 * match[code]:
            kinds.append("complete")
        if "play" in kinds and rng.random() < 0.5:
            kinds.append("like" if rng.random() < 0.3 + 0.6 * match[code] else "dislike")
        for step, kind in enumerate(kinds):
            time = (at + timedelta(minutes=20 * step)).isoformat().replace("+00:00", "Z")
            events.append(
                {
                    "event_id": f"{kind}-{profile}-{code}-{day}-{place}",
                    "type": kind,
                    "event_time": time,
                    "known_time": time,
                    **said,
                }
            )
    return events


def write(settings: Settings, folder: str, rows: list[dict[str, Any]]) -> Path:
    """One JSON Lines file of the landing folder."""
    file = settings.at("landing", folder, f"{folder}-0001-made.jsonl")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file
