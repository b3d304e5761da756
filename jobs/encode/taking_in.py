"""Take the files of an order into the store of masters, or set the order aside with its reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.encode import masters
from jobs.encode.headers import Unencodable
from jobs.encode.order import NotOrdered, orders, place
from jobs.encode.production import Production
from jobs.encode.tools import ToolFailed, ToolHung

if TYPE_CHECKING:
    from datetime import date

    from jobs.encode.order import Order
    from lakehouse.errors import MarqueeError
    from lakehouse.settings import Settings


def taken_in(settings: Settings, order: Order) -> Order:
    """The order, naming kept files; refused where the master cannot be encoded.

    What a tool cannot read is the file's fault, and its title's alone: other titles go on.
    """
    if order.master_sha256 or order.refused:
        return order
    store = settings.at("titles", "masters")
    sha256, _ = masters.keep(store, Path(order.file))
    captions = tuple(
        (str(masters.keep(store, Path(file))[1]), language) for file, language in order.captions
    )
    described = order.audio_description
    if described:
        described = str(masters.keep(store, Path(described))[1])
    kept = replace(order, master_sha256=sha256, captions=captions, audio_description=described)
    try:
        Production(settings, kept).master  # noqa: B018 - asked for, so that it is looked at
    except (Unencodable, ToolFailed, ToolHung) as error:
        kept = replace(kept, refused=str(error))
    place(settings, kept)
    return kept


def productions(settings: Settings, night: date) -> list[Production]:
    """The titles of a night whose masters were taken in and can be encoded."""
    return [
        Production(settings, order)
        for order in orders(settings, night)
        if order.master_sha256 and not order.refused
    ]


def production_of(settings: Settings, night: date, key: str) -> tuple[Production, str]:
    """The title that a key of a night names before its first slash, and the rest of the key."""
    title_id, _, rest = key.partition("/")
    for production in productions(settings, night):
        if production.order.title_id == title_id:
            return production, rest
    raise NotOrdered(title_id, [one.order.title_id for one in productions(settings, night)])


def set_aside(settings: Settings, order: Order, error: MarqueeError) -> None:
    """Record that a title cannot be made as it was ordered; others go on."""
    place(settings, replace(order, refused=str(error)))
