"""Keep what was tried of a title that was refused, beside the orders, where nothing is served from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jobs.encode.order import NotOrdered, amend, ordered
from jobs.encode.receipt import as_json, frames_of
from jobs.encode.record import record_refused, report_of_refused
from jobs.encode.tried import Tried
from jobs.encode.workshop import remove
from lakehouse.files import whole_folder, write_whole
from lakehouse.locks import alone
from serving_export.titles.layout import RECEIPT

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from jobs.encode.order import Order
    from lakehouse.settings import Settings

Json = dict[str, Any]


def set_aside(settings: Settings, before: Order, refused: Order) -> None:
    """Keep what was tried, and only then the order with why it was refused, so that no kill leaves a
    refusal that nothing explains; neither where a later order took its place meanwhile, or none since
    the title was erased."""
    try:
        with _alone(settings, refused.title_id):
            if ordered(settings, refused.title_id) == before:
                _keep(settings, refused)
                amend(settings, before, refused)
    except NotOrdered:
        forget_refused(settings, refused.title_id)  # kept after the erasure had looked there


def read_refused(settings: Settings, order: Order) -> Json | None:
    """The receipt of an order that was refused; None of another, and where nothing was kept of it."""
    file = _folder(settings, order.title_id) / RECEIPT
    if not order.refused or not file.exists():
        return None
    receipt: Json = json.loads(file.read_text())
    return receipt if receipt["refused"] == order.refused else None


def forget_refused(settings: Settings, title_id: str) -> None:
    """Remove what is kept of a refusal, unless it is that of the title's newest order."""
    with _alone(settings, title_id):
        if not _newest_refused(settings, title_id):
            remove(report_of_refused(settings, title_id))
            remove(_folder(settings, title_id))


def _newest_refused(settings: Settings, title_id: str) -> bool:
    try:
        return bool(ordered(settings, title_id).refused)
    except NotOrdered:
        return False


def _alone(settings: Settings, title_id: str) -> AbstractContextManager[None]:
    return alone(settings.at("locks", f"refused.{title_id}"))


def _folder(settings: Settings, title_id: str) -> Path:
    return settings.at("titles", "refused", title_id)


def _keep(settings: Settings, refused: Order) -> None:
    tried = Tried(settings, refused)
    receipt = tried.receipt()
    frames = {one.rung.name: frames_of(tried.production, one) for one in tried.renditions}
    with whole_folder(_folder(settings, refused.title_id)) as folder:
        for one in (each for found in tried.worst.values() for each in found):
            (folder / one.name).parent.mkdir(exist_ok=True)
            (folder / one.name).write_bytes(one.picture.read_bytes())
        write_whole(folder / RECEIPT, as_json(receipt).decode())
        record_refused(settings, receipt, frames, folder)
