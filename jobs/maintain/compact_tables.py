"""Keep the tables small once a week, and never remove what a readable version was made from."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from lakehouse.catalog import BY_NAME, TABLES
from lakehouse.files import write_json
from lakehouse.upkeep import keep_up

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from lakehouse.tables import Lake

log = logging.getLogger(__name__)
NIGHTS_BETWEEN = 7


def due(night: date, done: Collection[date]) -> bool:
    """Whether a week has passed since the tables were last kept up, not counting later nights."""
    earlier = [other for other in done if other < night]
    return not earlier or (night - max(earlier)).days >= NIGHTS_BETWEEN


def past_nights(folder: Path) -> list[date]:
    """The nights whose maintenance did its work; on the others the tables were kept as they were."""
    told = ((date.fromisoformat(file.stem), file) for file in sorted(folder.glob("*.json")))
    return [night for night, file in told if not json.loads(file.read_text())["kept"]]


def readable(lake: Lake) -> tuple[list[date], dict[str, set[int]]]:
    """The nights of all versions that can be read or rolled back to, and the tables they rest on."""
    from serving_export.manifest import manifest_of
    from serving_export.stores.store import IN_USE, open_store

    store = open_store(lake.settings.pages)
    entries = [entry for entry in store.board().entries if entry.state in IN_USE]
    rest: dict[str, set[int]] = {name: set() for name in BY_NAME}
    for entry in entries:
        told = manifest_of(store.source(entry.version)).beside["table_versions"]
        for name, version in told.items():
            if version is not None:
                rest[name].add(int(version))
    return [date.fromisoformat(entry.night) for entry in entries], rest


def main(lake: Lake, night: date) -> None:
    """Keep up every table, or record that they were kept as they are."""
    folder = lake.settings.at("maintenance")
    if not due(night, past_nights(folder)):
        log.info("kept: the tables were kept up less than %s nights ago", NIGHTS_BETWEEN)
        record(folder, night, {"kept": True})
        return
    nights, rest = readable(lake)
    last = min([night, *nights])  # retention counts back from the oldest night still readable
    done = [keep_up(lake, table, last, rest[table.name]) for table in TABLES if lake.exists(table)]
    for upkeep in done:
        log.info(
            "%s: %s nights dropped, %s files became %s, %s dead ones removed",
            upkeep.table, upkeep.nights_dropped, upkeep.files_before, upkeep.files_after,
            upkeep.files_removed,
        )  # fmt: skip
    record(folder, night, {"kept": False, "tables": [asdict(upkeep) for upkeep in done]})


def record(folder: Path, night: date, told: dict[str, Any]) -> None:
    """Write down what maintenance did on a night, whole or not at all."""
    write_json(folder / f"{night}.json", {"night": night.isoformat(), **told})
