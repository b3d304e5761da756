"""Choose the nights that a check must look at: those that no check has passed as they are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from lakehouse.errors import MarqueeError
from lakehouse.files import write_json

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from expectations.suites.suite import Suite
    from lakehouse.catalog import Table
    from lakehouse.tables import Lake

NIGHT_OF_FILE = re.compile(r"/night=(\d{4}-\d\d-\d\d)/([^/]+)$")


class UnknownPartition(MarqueeError):
    """A live file of a table does not lie in a night's folder."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"The file {file} belongs to no night, so its table cannot be checked: "
            "write tables through lakehouse.tables.Lake only."
        )


def files_by_night(lake: Lake, table: Table) -> dict[str, list[str]]:
    """The names of the live files of each night; a file never changes once it is written."""
    found: dict[str, list[str]] = {}
    for file in lake.files(table) if lake.exists(table) else []:
        if (place := NIGHT_OF_FILE.search(file)) is None:
            raise UnknownPartition(file)
        found.setdefault(place[1], []).append(place[2])
    return found


def nights_to_check(lake: Lake, suite: Suite, night: date) -> list[date]:
    """The night itself and, of a history, each night before it whose files have not passed.

    A table's rows are judged one by one, so files that passed need no second look; keys are
    compared over the whole table (`engines`), for a new row may repeat an old one.
    """
    from datetime import date as day

    if suite.table.snapshot:
        return [night]
    passed = passed_before(lake, suite)
    live = files_by_night(lake, suite.table)
    news = {day.fromisoformat(n) for n, files in live.items() if passed.get(n) != sorted(files)}
    return sorted({night} | {n for n in news if n <= night})


def passed_before(lake: Lake, suite: Suite) -> dict[str, list[str]]:
    """Night to the files that passed this very suite."""
    path = passed_file(lake, suite)
    if not path.exists():
        return {}
    told = json.loads(path.read_text())
    nights: dict[str, list[str]] = told["nights"] if told["suite"] == suite.fingerprint else {}
    return nights


def passed_file(lake: Lake, suite: Suite) -> Path:
    """Where the files that passed are noted. Losing it costs time only."""
    return lake.settings.at("checks", "passed", f"{suite.table.name}.json")


def note_passed(lake: Lake, suite: Suite, seen: dict[str, list[str]], nights: list[date]) -> None:
    """Note that these nights passed with the files that were seen before they were read."""
    if suite.table.snapshot:
        return
    checked = {n.isoformat(): sorted(seen.get(n.isoformat(), [])) for n in nights}
    told = {"suite": suite.fingerprint, "nights": passed_before(lake, suite) | checked}
    write_json(passed_file(lake, suite), told)
