"""Remove what no title needs any more: versions that nobody can be watching, keys that open none that is
left, and files of ended work.

The version that plays stays, so does the one before it, for a rollback, and every master. Of the
work stays what the receipts of the two name, so that keys are rotated without encoding, and what that
of a refused order names, so that the next one goes on from there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.encode.assembly import key_ring
from jobs.encode.order import is_of, lock_of, orders
from jobs.encode.packing import files_of
from jobs.encode.publish import prune_versions
from jobs.encode.receipt import BrokenReceipt, receipt_of_version
from jobs.encode.refused import forget_refused, read_refused
from jobs.encode.workshop import bytes_of, remove
from lakehouse.locks import alone
from serving_export.titles import layout
from serving_export.titles.layout import RECEIPT
from serving_export.titles.master_key import RING
from serving_export.titles.server import LINK_SECONDS, TOKEN_SECONDS, WATCH_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from rich.console import Console

    from jobs.encode.order import Order
    from jobs.encode.receipt import Json
    from lakehouse.errors import MarqueeError
    from lakehouse.settings import Settings

WATCHED_SECONDS = LINK_SECONDS + WATCH_SECONDS + TOKEN_SECONDS
"""How long after a swap somebody may watch what played before."""
YOUNG_SECONDS = 24 * 3600
"""A file of work that is younger may be of a run that goes on."""
PUBLISHED = "package-"
"""How the file of a package begins: its bytes lie among the published versions."""


@dataclass(frozen=True)
class Pruned:
    """What was removed of a title."""

    title_id: str
    versions: tuple[str, ...]
    keys: int
    """How many versions of its keys."""
    files: int
    bytes: int


def prune(
    settings: Settings, now: float | None = None, tell: Callable[[Pruned], None] = lambda _: None
) -> list[Pruned]:
    """Prune every title that was ordered; one whose newest order is neither made nor refused keeps its
    work, and one that is refused what its receipt names.

    `tell` hears what went of a title before the next one. A second call, or one after a kill, removes
    what is left. Raises BrokenLive and BrokenReceipt, the first of them when all other titles were
    pruned, and at once, where there is a key ring, what that raises.
    """
    now = time.time() if now is None else now
    found: list[Pruned] = []
    broken: list[MarqueeError] = []
    for order in orders(settings):
        try:
            one = _pruned(settings, order, now)
        except (layout.BrokenLive, BrokenReceipt) as error:
            broken.append(error)
            continue
        if one.versions or one.keys or one.files:
            tell(one)
            found.append(one)
    if broken:
        raise broken[0]
    return found


def prune_and_tell(settings: Settings, console: Console) -> None:
    """Prune, and say what went."""

    def tell(one: Pruned) -> None:
        console.print(
            f"{one.title_id}: {len(one.versions)} versions, {one.keys} versions of keys and "
            f"{one.files} files of work, {one.bytes / 1e6:,.1f} MB",
            highlight=False,
        )

    if not prune(settings, tell=tell):
        console.print("There is nothing that a title does not need.")


def _pruned(settings: Settings, order: Order, now: float) -> Pruned:
    published, title_id = settings.at("titles", "published"), order.title_id
    with alone(lock_of(settings, title_id)):
        versions = prune_versions(published, title_id, now - WATCHED_SECONDS)
        keys = _dropped(settings, title_id)
        forget_refused(settings, title_id)
        live = layout.read_live(published, title_id)
        names = (live.version, *live.previous[:1]) if live else ()
        receipts, refused = _receipts(settings, title_id, names), read_refused(settings, order)
        ended: list[Path] = []
        if refused or (receipts and is_of(receipts[0], order)):
            work, told = (
                settings.at("titles", "work", title_id),
                [*receipts, *filter(None, [refused])],
            )
            ended = list(_ended(work, told, now - YOUNG_SECONDS))
        size = sum(versions.values()) + sum(map(bytes_of, ended))
        for path in ended:
            remove(path)
    return Pruned(title_id, tuple(versions), keys, len(ended), size)


def _dropped(settings: Settings, title_id: str) -> int:
    """Drop the keys of a title that are neither current nor those of a version that is left; how many
    versions of them. None where a version does not say which it needs."""
    folder = settings.at("titles", "published", title_id)
    left = [place.name for place in folder.glob("*") if layout.VERSION.fullmatch(place.name)]
    receipts = _receipts(settings, title_id, left)
    if len(receipts) < len(left) or not settings.at("titles", "keys", RING).exists():
        return 0
    ring, needed = key_ring(settings), {receipt["key_version"] for receipt in receipts}
    old = [version for version in ring.versions(title_id)[:-1] if version not in needed]
    for version in old:
        ring.drop(title_id, version)
    return len(old)


def disown(settings: Settings, title_id: str) -> None:
    """Remove the work of a title that no published version was made of, however young it is."""
    published, work = settings.at("titles", "published"), settings.at("titles", "work", title_id)
    versions = [file.parent.name for file in (published / title_id).glob(f"*/{RECEIPT}")]
    for path in list(_ended(work, _receipts(settings, title_id, versions), float("inf"))):
        remove(path)


def _receipts(settings: Settings, title_id: str, versions: Iterable[str]) -> list[Json]:
    folder = settings.at("titles", "published", title_id)
    there = [version for version in versions if (folder / version / RECEIPT).exists()]
    return [receipt_of_version(settings, title_id, version) for version in there]


def _ended(work: Path, receipts: Iterable[Json], before: float) -> Iterable[Path]:
    """The files and folders of work that are old and neither named nor the note of a named one.

    A note comes before its file: a kill in between must not leave one that tells of a file.
    """
    named = {
        name
        for receipt in receipts
        for name in (*(step["file"] for step in receipt["steps"]), *files_of(receipt))
    }
    kept = {name for name in named if not name.startswith(PUBLISHED)}
    kept |= {f"{name}.json" for name in kept}
    for path in sorted(work.iterdir(), reverse=True) if work.exists() else ():
        if path.name not in kept and path.name != "locks" and path.stat().st_mtime < before:
            yield path
