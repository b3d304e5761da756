"""Titles are listed each for itself: what is damaged of one is told, and hides no other."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from jobs.encode import publish_titles
from jobs.encode.explain import explained
from jobs.encode.order import Order, ordered, place
from jobs.encode.play import serve_title
from jobs.encode.receipt import BrokenReceipt, read_receipt
from jobs.encode.rotating import rotate
from jobs.encode.show import listed, tell_listed
from serving_export.titles.layout import BrokenLive
from tests.jobs.encode.made_night import NIGHT

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.tables import Lake

VERSION = "0" * 16
RECEIPT = f"{VERSION}/receipt.json"


def rung(name: str, vmaf: float, ships: bool = True) -> dict[str, Any]:
    return {"name": name, "kbps": 10 * vmaf, "vmaf": vmaf, "ships": ships}


def plays(lake: Lake, title_id: str) -> Path:
    """The folder of a title that was ordered and plays, as far as the list looks."""
    place(lake.settings, Order(title_id, "/f.mp4", str(NIGHT), master_sha256="ab"))
    folder = lake.settings.at("titles", "published", title_id)
    (folder / VERSION).mkdir(parents=True)
    (folder / "live.json").write_text(json.dumps({"version": VERSION}))
    receipt = {
        "title_id": title_id, "version": VERSION, "master": {"seconds": 3.0}, "protect": "cbcs",
        "key_version": 1, "target_vmaf": 95.0, "bytes": 9, "notices": ["low does not ship: it is dim."],
        "ladder": [rung("low", 99.0, ships=False), rung("middle", 80.0), rung("top", 95.5)],
    }  # fmt: skip
    (folder / RECEIPT).write_text(json.dumps(receipt))
    return folder


def test_a_title_is_told_with_what_ships_of_it_and_what_was_held_back(lake: Lake) -> None:
    plays(lake, "bikes")
    found = listed(lake.settings)
    assert found[0]["renditions"] == [
        {"name": "middle", "kbps": 800.0, "vmaf": 80.0},
        {"name": "top", "kbps": 955.0, "vmaf": 95.5},
    ]
    told = StringIO()
    tell_listed(found, Console(file=told, width=400))
    _, row, notice = told.getvalue().splitlines()
    assert row.split() == ["bikes", "plays,", "cbcs", "3.0", "s", "2", "9", "95.5", VERSION]
    assert notice == "bikes: low does not ship: it is dim."


def test_a_version_that_was_rolled_back_is_told(lake: Lake) -> None:
    # else nobody sees why the night's runs publish it no more
    plays(lake, "bikes")
    place(lake.settings, replace(ordered(lake.settings, "bikes"), withdrawn="1" * 16))
    told = StringIO()
    tell_listed(listed(lake.settings), Console(file=told, width=400))
    assert f"{VERSION}; version {'1' * 16} was rolled back\n" in told.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("live.json", "{"),
        ("live.json", "\0" * 40),
        (RECEIPT, "{"),
        (RECEIPT, "\0" * 40),
        (RECEIPT, ""),
    ],
)
def test_a_damaged_title_is_told_and_hides_no_other(lake: Lake, name: str, content: str) -> None:
    folder = plays(lake, "bikes")
    plays(lake, "cars")
    (folder / name).unlink()
    if content:
        (folder / name).write_text(content)
    bikes, cars = listed(lake.settings)
    assert (bikes["state"], cars["state"]) == ("damaged", "plays")
    assert "marquee encode FILE --title bikes" in bikes["why"]
    told = StringIO()
    tell_listed([bikes, cars], Console(file=told, width=2000))
    assert bikes["why"] in told.getvalue()
    for command in (
        lambda: explained(lake.settings, "bikes", "", Console(file=told)),
        lambda: serve_title(lake.settings, "bikes", 0, Console(file=told)),
        lambda: rotate(lake, "bikes", Console(file=told)),
    ):
        with pytest.raises((BrokenLive, BrokenReceipt), match="marquee encode FILE --title bikes"):
            command()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["live.json", "receipt.json"])
def test_making_a_damaged_title_again_mends_it(spoilt: Lake, name: str) -> None:
    before = read_receipt(spoilt.settings, "clip")
    folder = spoilt.settings.at("titles", "published", "clip")
    file = folder / name if name == "live.json" else folder / before["version"] / name
    file.unlink()
    file.write_text("{")
    publish_titles.main(spoilt, NIGHT)
    assert read_receipt(spoilt.settings, "clip") == before
    assert listed(spoilt.settings)[0]["state"] == "plays"
