"""Give a title fresh keys: package the files again that the version was made of that plays, and swap.

A note says which version a rotation began with and which keys were there, until all is done: after a
kill at any moment the same rotation goes on, and after it, or a rollback, another one makes others.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jobs.encode import packing
from jobs.encode.assembly import Packaged, key_ring
from jobs.encode.order import lock_of
from jobs.encode.package import package
from jobs.encode.playing import write_playing
from jobs.encode.publish import publish
from jobs.encode.receipt import as_json, read_receipt, receipt_of_version
from jobs.encode.record import record
from jobs.encode.steps import cpu_seconds, with_again
from jobs.encode.tools import versions
from jobs.encode.verify import verified
from jobs.encode.workshop import Workshop
from lakehouse.errors import MarqueeError
from lakehouse.files import write_json
from lakehouse.locks import alone
from serving_export.titles import layout
from serving_export.titles.layout import RECEIPT
from serving_export.titles.master_key import NEXT_VARIABLE, VARIABLE
from serving_export.titles.remaster import remaster

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from jobs.encode.package import Tiles
    from jobs.encode.streams import Stream
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake
    from serving_export.titles.keys import KeyRing, KeySet

Json = dict[str, Any]


class NothingToRotate(MarqueeError):
    """The keys of a title cannot be rotated as it stands."""

    def __init__(self, title_id: str) -> None:
        super().__init__(
            f"The keys of title {title_id} stay, because it is not protected: encode it with "
            "--protect cbcs; no picture is made anew."
        )


def rotate(lake: Lake, title_id: str, console: Console) -> None:
    """Package what plays under fresh keys and swap, whatever was ordered since and whatever tools
    there are; raises NotOrdered, NothingToRotate, RenditionsGone, and what packaging raises."""
    layout.checked_id(title_id)
    with alone(lock_of(lake.settings, title_id)):
        before, after = _rotated(lake, title_id)
    console.print(
        f"{title_id} plays as version {after['version']} under keys version "
        f"{after['key_version']}; who watches version {before['version']} watches on.",
        highlight=False,
    )


def rotate_master(settings: Settings, console: Console) -> None:
    """Lock the ring with another master key; titles and their keys stay as they are."""
    place = remaster(settings.at("titles", "keys"))
    console.print(
        f"The key ring opens with the master key in {place} alone; copies of the ring that were made "
        "before open with the one before. Back the new one up apart from the ring"
        + (f", and give it to every process as {VARIABLE}." if place == NEXT_VARIABLE else "."),
        highlight=False, soft_wrap=True,
    )  # fmt: skip


def note_of(settings: Settings, title_id: str) -> Path:
    """What a rotation writes down that has begun: who withdraws its keys unlinks it."""
    return settings.at("titles", "rotations", f"{title_id}.json")


def _rotated(lake: Lake, title_id: str) -> tuple[Json, Json]:
    """The receipts of the version that played and of that which does."""
    settings = lake.settings
    if read_receipt(settings, title_id)["key_version"] is None:
        raise NothingToRotate(title_id)
    ring, note = key_ring(settings), note_of(settings, title_id)
    begun = _begun(settings, title_id, note) or _begin(settings, title_id, ring)
    before = receipt_of_version(settings, title_id, begun["version"])
    folder = settings.at("titles", "work", title_id)
    packed = packing.found(folder, before)  # before there are keys that nothing uses
    write_json(note, begun)
    keys = ring.rotate(title_id, after=begun["keys"])
    after = _published(settings, before, packed, keys)
    write_playing(lake, datetime.now(UTC).date())
    record(settings, after, packing.scores_of(folder, after))
    note.unlink()
    return before, after


def _begin(settings: Settings, title_id: str, ring: KeyRing) -> Json:
    live = read_receipt(settings, title_id)
    return {"version": live["version"], "keys": max(ring.versions(title_id), default=0)}


def _begun(settings: Settings, title_id: str, note: Path) -> Json | None:
    """The rotation that a kill ended, unless something else was published since."""
    live = layout.read_live(settings.at("titles", "published"), title_id)
    if live is None or not note.exists():
        return None
    begun: Json = json.loads(note.read_text())
    if live.version == begun["version"]:
        return begun
    swapped = read_receipt(settings, title_id)["key_version"] == begun["keys"] + 1
    return begun if swapped and live.previous[:1] == (begun["version"],) else None


def _published(
    settings: Settings, before: Json, packed: tuple[list[Stream], Tiles], keys: KeySet
) -> Json:
    """The receipt of the version of these streams and pictures under these keys, which plays."""
    title_id, (streams, tiles) = before["title_id"], packed
    work = Workshop(settings.at("titles", "work", title_id))
    made = package(
        work, title_id, streams, before["master"]["seconds"], before["protect"], keys, tiles,
        before["packing"]["gop_seconds"],
    )  # fmt: skip
    packaged = Packaged(made, verified(work, made, streams, keys))
    published = settings.at("titles", "published")
    receipt = _receipt_of(before, packaged, keys, work)
    beside = _beside(published / title_id / before["version"]) | {RECEIPT: as_json(receipt)}
    return receipt_of_version(settings, title_id, publish(published, title_id, made, beside))


def _receipt_of(before: Json, packaged: Packaged, keys: KeySet, work: Workshop) -> Json:
    """What was true of the version before, but for its package and what made that."""
    made = packaged.made
    took = with_again(before["steps"], work)
    return before | {
        "version": layout.version_of(made.sha256),
        "key_version": keys.version,
        "key_ids": keys.ids,
        "package": made.facts,
        "packets_sha256": packaged.proof.facts["packets_sha256"],
        "bytes": made.facts["bytes"],
        "tools": before["tools"] | {"packager": versions()["packager"]},
        "cpu_seconds": cpu_seconds(took),
        "steps": took,
    }


def _beside(version: Path) -> dict[str, bytes]:
    """What lies in a version besides its package and what says how that is served."""
    inside = json.loads((version / layout.CONTENTS).read_text())["files"]
    own = {*inside, layout.CONTENTS, layout.HEADERS}
    files = (file for file in version.rglob("*") if file.is_file())
    named = {file.relative_to(version).as_posix(): file for file in files}
    return {name: file.read_bytes() for name, file in named.items() if name not in own}
