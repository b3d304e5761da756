"""Take a title back to what played before, or erase it: down at once, keys destroyed, files removed.

An erasure writes down first what it is to remove, so that one that was killed goes on where it was
called again, and last a line of what went. Its keys go before its files: what an edge or a backup
holds of a protected title opens no more.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jobs.encode.assembly import key_ring
from jobs.encode.delivered import delivered, ledger, release
from jobs.encode.order import NotOrdered, erasures, forget, orders, withdraw
from jobs.encode.packing import files_of, scores_of
from jobs.encode.playing import write_playing
from jobs.encode.publish import earlier_version, rollback, take_down
from jobs.encode.receipt import read_receipt
from jobs.encode.record import record, report_of, report_of_refused
from jobs.encode.workshop import bytes_of, remove
from lakehouse.files import write_json
from lakehouse.locks import alone, if_free
from serving_export.titles import layout
from serving_export.titles.keys import append_line
from serving_export.titles.master_key import RING

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

Json = dict[str, Any]


def roll_back(lake: Lake, title_id: str, console: Console) -> None:
    """Let the version play that played before; raises NotOrdered and NoVersion.

    The order that was rolled back is marked before anything moves: a night's next run, which finds
    what the order asks for made, would publish it again, also after a kill in between.
    """
    settings, published = lake.settings, lake.settings.at("titles", "published")
    read_receipt(settings, title_id)  # of a title that does not play, no folder and lock are made
    with alone(_lock(settings, title_id)):
        before, version = read_receipt(settings, title_id), earlier_version(published, title_id)
        withdraw(settings, before)
        rollback(published, title_id, version)
        write_playing(lake, datetime.now(UTC).date())
        receipt, work = read_receipt(settings, title_id), settings.at("titles", "work", title_id)
        named = files_of(receipt)
        if named and all((work / name).exists() for name in named):
            record(settings, receipt, scores_of(work, receipt))
    console.print(
        f"{title_id} plays as version {version} again; who watches version {before['version']} "
        "watches on.",
        highlight=False,
    )


def erase(lake: Lake, title_id: str, console: Console) -> None:
    """Take a title down at once, wait for what still makes it, and remove it wholly, but for what other
    titles need; raises NotOrdered, BadTitleId, and what the key ring and the store of masters raise.

    Order, versions, work, reports and keys go, and the files that were delivered, unless another
    title was made of the same; rows of tables and runs in MLflow hold figures alone and stay.
    """
    settings, title_id = lake.settings, layout.checked_id(title_id)
    note = settings.at("titles", "erasing", f"{title_id}.json")
    if not note.exists():
        _require_known(settings, title_id)
    take_down(settings.at("titles", "published"), title_id)
    _tell_of_a_wait(lake, title_id, console)
    with alone(_lock(settings, title_id)):
        told = _told(settings, title_id, note)
        write_json(note, told)
        take_down(settings.at("titles", "published"), title_id)  # who was waited for may publish
        if settings.at("titles", "keys", RING).exists():
            key_ring(settings).forget(title_id)
        write_playing(lake, datetime.now(UTC).date())
        for path in _places(settings, title_id):
            remove(path)
        forget(settings, title_id)  # who is still taking it in finds no order, and keeps nothing
        release(settings, title_id, set(told["delivered"]))
        _log(settings, told)
        note.unlink()
    console.print(
        f"{title_id} is erased: {len(told['versions'])} versions, {len(told['key_versions'])} versions "
        f"of keys, {told['bytes'] / 1e6:,.1f} MB; {erasures(settings)} tells of it.",
        highlight=False,
    )


def _require_known(settings: Settings, title_id: str) -> None:
    known = [order.title_id for order in orders(settings)]
    places = (settings.at("titles", "published", title_id), ledger(settings, title_id))
    if title_id not in known and not any(place.exists() for place in places):
        raise NotOrdered(title_id, known)


def _lock(settings: Settings, title_id: str) -> Path:
    """Who makes a title, or does anything with it as a whole, holds it."""
    return settings.at("locks", f"encode.{title_id}")


def _tell_of_a_wait(lake: Lake, title_id: str, console: Console) -> None:
    """Where somebody works on a title that was taken down, list it no more and say so: it may be hours."""
    lock = _lock(lake.settings, title_id)
    lock.parent.mkdir(parents=True, exist_ok=True)
    with if_free(lock) as is_free:
        if is_free:
            return
    write_playing(lake, datetime.now(UTC).date())
    console.print(
        f"{title_id} plays no more; it is erased when what works on it has ended.", highlight=False
    )


def _told(settings: Settings, title_id: str, note: Path) -> Json:
    """What is to go: what an erasure wrote down that was killed, and what there is of an order since."""
    if not note.exists():
        return _due(settings, title_id)
    begun: Json = json.loads(note.read_text())
    try:
        due = _due(settings, title_id)
    except NotOrdered:
        return begun
    lists = {
        name: sorted({*begun[name], *due[name]})
        for name in ("versions", "key_versions", "delivered")
    }
    return begun | lists | {"bytes": max(begun["bytes"], due["bytes"])}


def _due(settings: Settings, title_id: str) -> Json:
    """What there is of a title: names, hashes and numbers alone; raises NotOrdered."""
    _require_known(settings, title_id)
    folder = settings.at("titles", "published", title_id)
    keys = settings.at("titles", "keys", RING).exists()
    return {
        "title": title_id,
        "when": datetime.now(UTC).isoformat(),
        "versions": sorted(p.name for p in folder.glob("*") if layout.VERSION.fullmatch(p.name)),
        "key_versions": key_ring(settings).versions(title_id) if keys else [],
        "delivered": sorted(delivered(settings, lambda one: one == title_id)),
        "bytes": sum(bytes_of(path) for path in _places(settings, title_id) if path.exists()),
    }


def _places(settings: Settings, title_id: str) -> list[Path]:
    """Every file and folder that is a title's alone, but its order."""
    return [
        *(settings.at("titles", kind, title_id) for kind in ("published", "work", "refused")),
        settings.at("titles", "rotations", f"{title_id}.json"),
        report_of(settings, title_id),
        report_of_refused(settings, title_id),
    ]


def _log(settings: Settings, told: Json) -> None:
    """Append what was erased, once."""
    log, line = erasures(settings), json.dumps(told, sort_keys=True)
    if not log.exists() or line not in log.read_text().splitlines():
        append_line(log, line)
