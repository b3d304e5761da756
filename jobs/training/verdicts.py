"""Keep each night's verdict beside the models that were live after it, so that a rerun finds its own."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from jobs.training.two_tower_nights import TWO_TOWER
from lakehouse.files import write_json

if TYPE_CHECKING:
    from lakehouse.settings import Settings

RANKER = "ranker"
"""The name of the model in the registry, as TWO_TOWER is."""

Models = dict[str, str]
"""Name in the registry to hash."""


def keep(settings: Settings, night: date, content: dict[str, Any]) -> None:
    """Write a verdict, which under "live" names the models that the night goes on with."""
    write_json(settings.at("gate", f"{night.isoformat()}.json"), content)


def is_newest(settings: Settings, night: date) -> bool:
    """Whether no later night has a verdict; only then may a verdict move the alias."""
    return night >= max(nights(settings), default=night)


def live_for(settings: Settings, night: date) -> Models:
    """The models that make the pages of a night.

    Of the newest night that was judged, and of any behind it, those that the alias means, so that
    who moves it is heard. Of an earlier night those that its verdict, or the last one before it,
    recorded: the alias has gone on since. Nothing where nothing was ever judged.
    """
    known = nights(settings)
    if not known:
        return {}  # opening the registry would take seconds
    if is_newest(settings, night):
        return pointed(settings)
    return _recorded(settings, [one for one in known if one <= night])


def live_before(settings: Settings, night: date) -> Models:
    """The models that a night's own must stand against: on a rerun, what they were at first."""
    known = nights(settings)
    if not known:
        return {}
    if night > known[-1]:
        return pointed(settings)
    return _recorded(settings, [one for one in known if one < night])


def pointed(settings: Settings) -> Models:
    """The models that the alias live means."""
    from models.tracking import LIVE, Tracking

    tracking = Tracking(settings)
    found = {name: tracking.pointed(name, LIVE) for name in (RANKER, TWO_TOWER)}
    return {name: one.model_hash for name, one in found.items() if one is not None}


def nights(settings: Settings) -> list[date]:
    """The nights that were judged, in order."""
    return sorted(date.fromisoformat(path.stem) for path in settings.at("gate").glob("*.json"))


def _recorded(settings: Settings, earlier: list[date]) -> Models:
    if not earlier:
        return {}
    told = json.loads(settings.at("gate", f"{earlier[-1].isoformat()}.json").read_text())
    models: Models = told["live"]
    return models
