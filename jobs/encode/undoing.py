"""Take a title back to what played before, or erase it: down at once, keys destroyed, files removed.

A rollback writes down first which way it goes, so that one that was killed goes no further back when
it is called again.

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
from jobs.encode.order import (
    NotOrdered,
    erasures,
    forget,
    lock_of,
    orders,
    parts_lock_of,
    withdraw,
)
from jobs.encode.packing import files_of, scores_of
from jobs.encode.playing import write_playing
from jobs.encode.publish import earlier_version, rollback, take_down
from jobs.encode.receipt import read_receipt
from jobs.encode.record import record, report_of, report_of_refused
from jobs.encode.rotating import note_of
from jobs.encode.workshop import bytes_of, remove
from lakehouse.errors import MarqueeError
from lakehouse.files import write_json
from lakehouse.locks import after_all, alone, if_free
from serving_export.titles import layout
from serving_export.titles.keys import append_line
from serving_export.titles.master_key import RING

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

Json = dict[str, Any]


class SwappedMeanwhile(MarqueeError):
    """What played of a title when it was to be rolled back plays no more."""

    def __init__(self, title_id: str, before: str, now: str) -> None:
        super().__init__(
            f"Title {title_id} was not rolled back, because version {now} took the place of {before} "
            "while this call waited for what worked on the title: call again if that is to go, too."
        )


def roll_back(lake: Lake, title_id: str, console: Console) -> None:
    """Let the version play that played before; raises NotOrdered, NoVersion and SwappedMeanwhile.

    The order that was rolled back is marked before anything moves: a night's next run, which finds
    what the order asks for made, would publish it again, also after a kill in between.
    """
    settings = lake.settings
    # before the lock, as it may be hours, and of a title that does not play no folder and lock are made
    playing = read_receipt(settings, title_id)["version"]
    with alone(lock_of(settings, title_id)):
        way = _gone_back(settings, title_id, playing)
        write_playing(lake, datetime.now(UTC).date())
        is_reported = _reported(settings, title_id)
        _way_of(settings, title_id).unlink()
    console.print(
        f"{title_id} plays as version {way['to']} again; who watches version {way['from']} "
        "watches on.",
        highlight=False,
    )
    if not is_reported:
        console.print("It has no report any more: what that is drawn from was pruned.")


def _gone_back(settings: Settings, title_id: str, playing: str) -> Json:
    """From which version to which the pointer moved, be it for a call that was killed behind that; raises
    NoVersion, and SwappedMeanwhile where another one plays than the call was for.

    A rotation to what is withdrawn, killed just before its end, would go on with the same keys.
    """
    published, note = settings.at("titles", "published"), _way_of(settings, title_id)
    live = layout.read_live(published, title_id)
    begun: Json = json.loads(note.read_text()) if note.exists() else {}
    if live and begun == {"from": next(iter(live.withdrawn), ""), "to": live.version}:
        return begun
    before = read_receipt(settings, title_id)
    if before["version"] != playing:
        raise SwappedMeanwhile(title_id, playing, before["version"])
    way = {"from": before["version"], "to": earlier_version(published, title_id)}
    write_json(note, way)
    withdraw(settings, before)
    note_of(settings, title_id).unlink(missing_ok=True)
    rollback(published, title_id, way["to"])
    return way


def _reported(settings: Settings, title_id: str) -> bool:
    """Whether what plays has its report: where that cannot be drawn, that of another version goes."""
    receipt, work = read_receipt(settings, title_id), settings.at("titles", "work", title_id)
    named = files_of(receipt)
    if not named or not all((work / name).exists() for name in named):
        remove(report_of(settings, title_id))
        return False
    record(settings, receipt, scores_of(work, receipt))
    return True


def _way_of(settings: Settings, title_id: str) -> Path:
    """Where a rollback that has begun writes down from which version to which it goes."""
    return settings.at("titles", "rolling-back", f"{title_id}.json")


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
    with alone(lock_of(settings, title_id)), after_all(parts_lock_of(settings, title_id)):
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
    places = (*_places(settings, title_id), ledger(settings, title_id))
    if title_id not in known and not any(place.exists() for place in places):
        raise NotOrdered(title_id, known)


def _tell_of_a_wait(lake: Lake, title_id: str, console: Console) -> None:
    """Where somebody works on a title that was taken down, list it no more and say so: it may be hours."""
    settings = lake.settings
    making, parts = lock_of(settings, title_id), parts_lock_of(settings, title_id)
    with if_free(making) as none_makes_it, if_free(parts) as no_part:
        if none_makes_it and no_part:
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
        "delivered": sorted(delivered(settings, lambda one: one == title_id, own=True)),
        "bytes": sum(bytes_of(path) for path in _places(settings, title_id) if path.exists()),
    }


def _places(settings: Settings, title_id: str) -> list[Path]:
    """Every file and folder that is a title's alone, but its order."""
    return [
        *(settings.at("titles", kind, title_id) for kind in ("published", "work", "refused")),
        note_of(settings, title_id),
        _way_of(settings, title_id),
        report_of(settings, title_id),
        report_of_refused(settings, title_id),
    ]


def _log(settings: Settings, told: Json) -> None:
    """Append what was erased, once."""
    log, line = erasures(settings), json.dumps(told, sort_keys=True)
    if not log.exists() or line not in log.read_text().splitlines():
        append_line(log, line)
