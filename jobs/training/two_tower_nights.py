"""Remember which two-tower model each night has, and when the last one was trained."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

from lakehouse.files import write_json
from models.two_tower import Towers, load

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.settings import Settings

TWO_TOWER = "two_tower"
NIGHTS_BETWEEN = 7


@dataclass(frozen=True)
class Training:
    """What a night's training left; a night that kept the last model repeats its record."""

    night: str
    """The night up to which the model was trained"""
    model_hash: str
    """Fitted up to the night"""
    judged_hash: str | None
    """Fitted on what was known before the judged window; None where no window could be judged"""
    window_days: int | None


def root(settings: Settings) -> Path:
    """Where the models lie, each in a folder named by its hash."""
    return settings.at("models", TWO_TOWER)


def last_training(settings: Settings, night: date) -> Training | None:
    """The newest training that is not later than a night and whose model is still there."""
    found = [
        Training(**json.loads(path.read_text())["training"])
        for path in sorted(_nights(settings).glob("*.json"))
        if date.fromisoformat(path.stem) <= night
    ]
    there = [one for one in found if (root(settings) / one.model_hash / "meta.json").exists()]
    return max(there, key=lambda one: one.night, default=None)


def due(last: Training | None, night: date) -> bool:
    """Whether a night trains: a week after the last training, or again on the night of that one.

    A training night that is run again has mended data or code to learn from; where both are as
    they were, it gives the same model.
    """
    if last is None:
        return True
    since = (night - date.fromisoformat(last.night)).days
    return since == 0 or since >= NIGHTS_BETWEEN


def remember(settings: Settings, night: date, training: Training, kept: bool) -> None:
    """Write which model a night has, and whether it was trained on another."""
    path = _nights(settings) / f"{night.isoformat()}.json"
    write_json(path, {"kept": kept, "training": asdict(training)})


def two_tower_of(settings: Settings, model_hash: str) -> Towers:
    """The model with that hash."""
    return load(root(settings) / model_hash)


def _nights(settings: Settings) -> Path:
    return root(settings) / "nights"
