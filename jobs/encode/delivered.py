"""Remember what was delivered for a title before it is kept, so that its erasure finds all of it.

An order makes way for the next one and receipts are pruned; a title's ledger grows until the title is
erased. Of what was taken in before there were ledgers, orders and receipts tell alone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jobs.encode.masters import store_of
from jobs.encode.order import kept_files, orders
from jobs.encode.receipt import BrokenReceipt, receipt_of_version
from lakehouse.files import write_json
from lakehouse.locks import alone
from serving_export.titles.layout import RECEIPT

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from lakehouse.settings import Settings


def note(settings: Settings, title_id: str, sha256: str) -> None:
    """Write into a title's ledger what is about to be kept for it: from then on no other title's
    erasure removes it, and what one is just removing is kept anew afterwards."""
    with _alone(settings):
        known = _noted(ledger(settings, title_id))
        write_json(ledger(settings, title_id), sorted({*known, sha256}))


def delivered(settings: Settings, of: Callable[[str], bool], own: bool = False) -> set[str]:
    """The hashes of all files that were delivered for titles of such ids, whatever became of them;
    raises BrokenReceipt.

    Of one's `own` title no receipt is needed where there is a ledger: else one that is damaged would
    keep it from being erased. Of another's, what is needed would be removed.
    """
    told: set[str] = set()
    for file in _ledgers(settings).glob("*.json"):
        if of(file.stem):
            told |= _noted(file)
    for order in orders(settings):
        if of(order.title_id):
            told |= kept_files(vars(order))
    for file in settings.at("titles", "published").glob(f"*/*/{RECEIPT}"):
        if of(title_id := file.parent.parent.name):
            told |= _of_version(settings, title_id, file.parent.name, own)
    return told


def _of_version(settings: Settings, title_id: str, version: str, own: bool) -> set[str]:
    try:
        return kept_files(receipt_of_version(settings, title_id, version)["order"])
    except BrokenReceipt:
        if own and ledger(settings, title_id).exists():
            return set()
        raise


def release(settings: Settings, title_id: str, due: set[str]) -> None:
    """Keep these files and those of a title's ledger no longer, but for what another title was made of
    or is just taking in, and the ledger last; raises BrokenReceipt and what the store raises."""
    with _alone(settings):
        own = ledger(settings, title_id)
        needed = delivered(settings, lambda one: one != title_id)
        for sha256 in sorted((due | _noted(own)) - needed):
            store_of(settings).remove(sha256)
        own.unlink(missing_ok=True)


def ledger(settings: Settings, title_id: str) -> Path:
    """The hashes of what was delivered for a title, as a list in JSON."""
    return _ledgers(settings) / f"{title_id}.json"


def _ledgers(settings: Settings) -> Path:
    return settings.at("titles", "delivered")


def _noted(file: Path) -> set[str]:
    return set(json.loads(file.read_text())) if file.exists() else set()


def _alone(settings: Settings) -> AbstractContextManager[None]:
    return alone(settings.at("locks", "delivered"))
