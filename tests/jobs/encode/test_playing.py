"""The list of a night holds each title that plays, and no other."""

from __future__ import annotations

import json
import shutil
from datetime import date
from typing import TYPE_CHECKING

import pytest

from jobs.encode.playing import write_playing
from lakehouse.catalog import PLAYABLE_TITLES

if TYPE_CHECKING:
    from lakehouse.tables import Lake

RECEIPT = f"{'0' * 16}/receipt.json"
FIRST, SECOND, THIRD = date(2026, 1, 10), date(2026, 1, 11), date(2026, 1, 12)


def plays(lake: Lake, title_id: str, version: str = "0" * 16) -> None:
    """A title as publishing leaves it, as far as the list looks."""
    folder = lake.settings.at("titles", "published", title_id)
    (folder / version).mkdir(parents=True)
    (folder / "live.json").write_text(json.dumps({"version": version}))
    rung = {"ships": True, "vmaf": 95.0, "height": 240}
    receipt = {
        "title_id": title_id, "version": version, "master": {"sha256": "m", "seconds": 3.0},
        "protect": "cbcs", "key_version": 1, "ladder": [rung], "bytes": 9,
    }  # fmt: skip
    (folder / version / "receipt.json").write_text(json.dumps(receipt))


def listed(lake: Lake, night: date) -> dict[str, str]:
    rows = lake.arrow(PLAYABLE_TITLES, night).to_pylist()
    return {row["title_id"]: row["version"] for row in rows}


def test_each_night_holds_all_that_plays_then(lake: Lake) -> None:
    write_playing(lake, FIRST)
    assert listed(lake, FIRST) == {}
    plays(lake, "bikes")
    write_playing(lake, SECOND)
    plays(lake, "cars")
    shutil.rmtree(lake.settings.at("titles", "published", "bikes"))  # withdrawn
    write_playing(lake, THIRD)
    assert [set(listed(lake, night)) for night in (FIRST, SECOND, THIRD)] == [
        set(), {"bikes"}, {"cars"},
    ]  # fmt: skip


def test_a_title_is_listed_with_the_version_that_plays(lake: Lake) -> None:
    plays(lake, "bikes")
    write_playing(lake, FIRST)
    plays(lake, "bikes", "1" * 16)
    write_playing(lake, FIRST)
    assert listed(lake, FIRST) == {"bikes": "1" * 16}


def test_what_an_earlier_night_made_late_is_known_to_the_newest(lake: Lake) -> None:
    """Pages read the newest list: a film of two days would be missing on it for a night."""
    for night in (FIRST, SECOND, THIRD):
        write_playing(lake, night)
    plays(lake, "bikes")
    write_playing(lake, FIRST)
    assert [set(listed(lake, night)) for night in (FIRST, SECOND, THIRD)] == [
        {"bikes"}, set(), {"bikes"},
    ]  # fmt: skip


def test_a_receipt_is_read_once_a_version(lake: Lake) -> None:
    plays(lake, "bikes")
    write_playing(lake, FIRST)
    lake.settings.at("titles", "published", "bikes", "0" * 16, "receipt.json").unlink()
    write_playing(lake, SECOND)
    assert set(listed(lake, SECOND)) == {"bikes"}


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("live.json", "{"), (RECEIPT, "{"), (RECEIPT, "{}"), (RECEIPT, '{"ladder": []}'),
    ],
)  # fmt: skip
def test_a_broken_file_of_one_title_hides_no_other(lake: Lake, broken: str, said: str) -> None:
    plays(lake, "bikes")
    plays(lake, "cars")
    lake.settings.at("titles", "published", "bikes", broken).write_text(said)
    write_playing(lake, FIRST)
    assert set(listed(lake, FIRST)) == {"cars"}
