"""Show titles in the terminal: what there is and what came of a night."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from jobs.encode.order import orders
from jobs.encode.receipt import BrokenReceipt, receipt_of_version
from jobs.encode.record import report_of, report_of_refused
from serving_export.titles.layout import BrokenLive, read_live

if TYPE_CHECKING:
    from collections.abc import Collection

    from rich.console import Console

    from jobs.encode.order import Order
    from lakehouse.settings import Settings


STYLES = {"plays": "green", "refused": "red", "ordered": "yellow", "damaged": "red"}


def listed(settings: Settings) -> list[dict[str, Any]]:
    """Every title that was ordered or plays, by id: state, version, renditions, bytes, scores.

    `later` and `why` say what became of an order that came after the version that plays; of a title
    whose pointer or receipt cannot be read, `why` says so, and the others are told as ever.
    """
    return [_told(settings, order) for order in orders(settings)]


def _told(settings: Settings, order: Order) -> dict[str, Any]:
    told: dict[str, Any] = {
        "title": order.title_id,
        "state": _state(order),
        "later": "",
        "night": order.night,
        "why": order.refused,
        "refused_report": str(report_of_refused(settings, order.title_id)) if order.refused else "",
        "withdrawn": order.withdrawn,
    }
    try:
        live = read_live(settings.at("titles", "published"), order.title_id)
        receipt = receipt_of_version(settings, order.title_id, live.version) if live else None
    except (BrokenLive, BrokenReceipt) as error:
        return told | {"state": "damaged", "why": str(error)}
    if live and receipt:
        shipped = [rung for rung in receipt["ladder"] if rung["ships"]]
        told |= {
            "state": "plays",
            "later": _state(order) if order.refused or not order.master_sha256 else "",
            "version": live.version,
            "protect": receipt["protect"],
            "seconds": receipt["master"]["seconds"],
            "bytes": receipt["bytes"],
            "renditions": [
                {part: rung[part] for part in ("name", "kbps", "vmaf")} for rung in shipped
            ],
            "top_vmaf": max(rung["vmaf"] for rung in shipped),
            "target_vmaf": receipt["target_vmaf"],
            "notices": receipt.get("notices", []),  # an older version's receipt has none
            "report": str(report_of(settings, order.title_id)),
        }
    return told


def _state(order: Order) -> str:
    return "refused" if order.refused else "ordered"


def table(found: list[dict[str, Any]]) -> Table:
    """The titles as people read them."""
    shown = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("title", "state"):
        shown.add_column(name, no_wrap=True)
    for name in ("length", "rungs", "bytes", "VMAF"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("version, or why not", min_width=16)
    for one in found:
        played = "version" in one
        shown.add_row(
            one["title"],
            Text(f"plays, {one['protect']}" if played else one["state"], STYLES[one["state"]]),
            f"{one['seconds']:.1f} s" if played else "",
            str(len(one["renditions"])) if played else "",
            f"{one['bytes']:,}" if played else "",
            _score(one) if played else "",
            _last(one),
        )
    return shown


def _score(one: dict[str, Any]) -> str:
    """The best VMAF, beside the target where it is below that."""
    short = one["top_vmaf"] < one["target_vmaf"]
    return f"{one['top_vmaf']:.1f}" + (f" of {one['target_vmaf']:g}" if short else "")


def _last(one: dict[str, Any]) -> str:
    """The version that plays, and what became of a later order; of others why they do not."""
    if "version" not in one:
        return str(one["why"])
    later = f"; a later order is {one['later']}" if one["later"] else ""
    later += f"; version {one['withdrawn']} was rolled back" if one["withdrawn"] else ""
    return f"{one['version']}{later}" + (f": {one['why']}" if one["why"] else "")


def tell_listed(found: list[dict[str, Any]], console: Console) -> None:
    """Print titles as a table, what came of those that play other than it was asked for, and of the
    refused where to read on."""
    console.print(table(found))
    for one in found:
        _tell_notices(one, console)
    tell_refused(found, console)


def _tell_notices(one: dict[str, Any], console: Console) -> None:
    for sentence in one.get("notices", ()):  # what does not play has none
        console.print(
            f"{one['title']}: {sentence}", style="yellow", highlight=False, soft_wrap=True
        )


def tell_refused(found: list[dict[str, Any]], console: Console) -> None:
    """Say where to read what was tried of titles whose newest order was refused."""
    for one in found:
        if one["refused_report"]:
            _tell(
                console, f"{one['title']}, what was tried", f"{_command()} explain {one['title']}"
            )
            _tell(console, f"{one['title']}, its report", one["refused_report"])


def tell_titles(settings: Settings, console: Console, title_ids: Collection[str]) -> None:
    """Say what came of these titles and what to do next."""
    found = [one for one in listed(settings) if one["title"] in title_ids]
    console.print(table([{**one, "why": ""} for one in found]))  # the command ends with why not
    for one in found:
        if one["state"] == "plays":
            _tell_notices(one, console)
            _tell(console, f"Watch {one['title']}", f"{_command()} play {one['title']}")
            _tell(console, "Its report", one["report"])
    tell_refused(found, console)


def _tell(console: Console, what: str, where: str) -> None:
    console.print(f"{what}:  {where}", highlight=False, soft_wrap=True)


def _command() -> str:
    """As it was called: .venv is not on everyone's path."""
    called = os.path.relpath(sys.argv[0])
    found = shutil.which("marquee")
    return "marquee" if found and Path(found).samefile(called) else called
