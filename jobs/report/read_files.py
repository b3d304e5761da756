"""Read what the night left beside its tables: what ran, the gate's verdict, the index, pictures."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jobs.report.facts import Bounds, Gate, Head, Index, Picture, Ran, Task

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.settings import Settings

PICTURES = {
    "two_tower": ("learning_curves.png", "How the two-tower model learned"),
    "ranker": ("reliability.png", "How often what the ranker predicts happens"),
    "index": ("frontier.png", "Recall against speed of the index"),
}
"""Experiment to the picture of its newest run and what it shows."""


def told(settings: Settings, *parts: str) -> dict[str, Any] | None:
    """The content of a JSON file below var, None where it was not written."""
    path = settings.at(*parts)
    if not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def ran(settings: Settings, night: date) -> Ran | None:
    """What ran, as the night kept it."""
    content = told(settings, "nights", f"{night}.json")
    if content is None:
        return None
    started = [task for task in content["tasks"] if task["started"]]
    first = min((when(task) for task in started), default=None)
    return Ran(
        tasks=tuple(
            Task(
                dag=task["dag"], name=task["task"], state=task["state"], tries=task["tries"],
                began=(when(task) - first).total_seconds(), seconds=task["seconds"],
            )
            for task in started if first
        ),
        done=content["done"],
    )  # fmt: skip


def when(task: dict[str, Any]) -> datetime:
    """When a task began."""
    return datetime.fromisoformat(task["started"])


def gate(settings: Settings, night: date) -> Gate | None:
    """The gate's verdict on the night."""
    content = told(settings, "gate", f"{night}.json")
    if content is None:
        return None
    return Gate(
        passed=content["passed"],
        reasons=tuple(content["reasons"]),
        window_days=content.get("window_days"),
        metrics={name: bounds(found) for name, found in content.get("metrics", {}).items()},
        differences=bounds(content["differences"]),
        slices={rival: bounds(found) for rival, found in content["slices"].items()},
        heads=tuple(Head(name, **head) for name, head in content.get("heads", {}).items()),
        absent_heads=content.get("absent_heads", {}),
        recall=next((line["recall"] for line in content.get("sources", [])), None),
        ranker=content.get("live", {}).get("ranker"),
    )


def bounds(found: dict[str, dict[str, Any]]) -> dict[str, Bounds]:
    """Name to interval."""
    return {name: Bounds(**one) for name, one in found.items()}


def judged_models(settings: Settings, night: date) -> dict[str, str]:
    """Model to the hash that the gate judged."""
    content = told(settings, "gate", f"{night}.json") or {}
    models: dict[str, str] = content.get("models", {})
    return models


def left_out(settings: Settings, night: date) -> dict[str, float]:
    """Source to what recall would lose without it, where the gate judged that."""
    content = told(settings, "gate", f"{night}.json") or {}
    lines = content.get("sources", [])
    return {line["source"]: line["adds"] for line in lines}


def index(settings: Settings, night: date) -> Index | None:
    """How the night finds the nearest titles."""
    content = told(settings, "index", f"{night}", "meta.json")
    if content is None:
        return None
    return Index(
        content["kind"], content["reason"], content["recall"], content["recall_new_titles"],
        content["alias"],
    )  # fmt: skip


def pictures(settings: Settings, night: date) -> tuple[Picture, ...]:
    """The pictures of the newest trainings up to the night, where MLflow is a local store."""
    if not settings.at("mlflow", "mlflow.db").exists():
        return ()
    from models.tracking import Tracking

    tracking, found = Tracking(settings), []
    for experiment, (name, caption) in PICTURES.items():
        known = [
            run
            for run in tracking.past_runs(experiment)
            if run.tags.get("night", "9") <= str(night)
        ]
        for run in known[:1]:
            file = settings.at("mlflow", "artifacts", run.run_id, "artifacts", name)
            if file.exists():
                data = base64.b64encode(file.read_bytes()).decode()
                found.append(Picture(caption, f"data:image/png;base64,{data}"))
    return tuple(found)
