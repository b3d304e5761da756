"""Take the files of an order into the store of masters, and set a title aside that cannot be made.

A title is set aside by its own fault alone, so that the others of its night go on. What the machine
lacks (room, a tool, the master key) would stop each of them and is no fault of any: that is raised.
"""

from __future__ import annotations

import logging
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from jobs.encode import delivered, masters
from jobs.encode.blame import of_the_title
from jobs.encode.order import (
    NotOrdered,
    amend,
    kept_files,
    ordered,
    orders,
    parts_lock_of,
    require_files,
    standing,
    was_erased,
)
from jobs.encode.production import Production
from jobs.encode.refused import set_aside
from jobs.encode.tools import ToolFailed, ToolKilled
from jobs.encode.tracks import look
from jobs.encode.workshop import remove
from lakehouse.errors import MarqueeError
from lakehouse.faults import require_room
from lakehouse.locks import together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from jobs.encode.order import Order
    from lakehouse.settings import Settings

log = logging.getLogger(__name__)
Told = TypeVar("Told")
ERASED = "It was erased while it was taken in, so nothing is made of it."
"""Why an order is refused that is there no more: no fault of the others of its night."""
SUPERSEDED = "It was erased or ordered anew meanwhile."
"""Why an order was not made that was still there when others of its call were begun."""


class NotMade(MarqueeError):
    """Titles were set aside; `reasons` are title to why."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = reasons
        super().__init__(
            " ".join(
                f"Title {title} was set aside{_order_kept(why)}. {why}"
                for title, why in reasons.items()
            )
        )


def _order_kept(why: str) -> str:
    return "" if why in (ERASED, SUPERSEDED) else ", and its order is kept"


def taken_in(settings: Settings, order: Order) -> Order:
    """The order, naming kept files; refused where its files are none or cannot be encoded."""
    if order.master_sha256 or order.refused:
        return order
    kept = order
    try:
        with _blamed(settings, order):
            kept = _kept(settings, order)
            look(Production(settings, kept))
    except NotMade as error:
        kept = replace(kept, refused=_as_delivered(kept, error.reasons[order.title_id]))
    if kept.refused:
        set_aside(settings, order, kept)
    return amended(settings, order, kept)


def amended(settings: Settings, before: Order, after: Order) -> Order:
    """The order after it was amended; refused where it was erased meanwhile, and of what was delivered
    for it and found out of that nothing is kept then."""
    try:
        amend(settings, before, after)
    except NotOrdered:
        remove(settings.at("titles", "work", after.title_id))
        delivered.release(settings, after.title_id, kept_files(vars(after)))
        return replace(after, refused=ERASED)
    return after


def _as_delivered(order: Order, said: str) -> str:
    """A sentence with the master's name as people know it: in the store it is its hash."""
    asked = Path(order.file)
    kept = f"{order.master_sha256}{asked.suffix.lower()}"
    return said.replace(kept, asked.name) if order.master_sha256 else said


def _kept(settings: Settings, order: Order) -> Order:
    """The order with the hash of its master and the places of its other files in the store."""
    require_files(order)
    tell = partial(delivered.note, settings, order.title_id)
    keep = partial(masters.store_of(settings).keep, tell=tell)
    sha256, _ = keep(Path(order.file))
    captions = tuple((str(keep(Path(file))[1]), language) for file, language in order.captions)
    described = order.audio_description
    if described:
        described = str(keep(Path(described))[1])
    return replace(order, master_sha256=sha256, captions=captions, audio_description=described)


def productions(settings: Settings, night: date) -> list[Production]:
    """The titles of a night whose masters were taken in and were not set aside."""
    return [
        Production(settings, order)
        for order in orders(settings, night)
        if order.master_sha256 and not order.refused
    ]


def each_title(
    settings: Settings, night: date, step: Callable[[Production], list[Told]]
) -> list[Told]:
    """What a step tells of all titles of a night; one that fails by its own fault is set aside."""
    told: list[Told] = []
    for production in productions(settings, night):
        order = production.order
        with together(parts_lock_of(settings, order.title_id)):
            if standing(settings, order) is None:  # those before it may have taken hours
                log.info("%s was erased or ordered anew meanwhile", order.title_id)
                continue
            try:
                with own_faults(settings, order):
                    told += step(production)
            except NotMade as error:
                log.warning("%s", error)
    return told


def part(
    settings: Settings, night: date, key: str, step: Callable[[Production, str], None]
) -> None:
    """Do one part of a title, which a key of a night names: the title before its first slash.

    A part whose tool fails is tried once more, alone; where it fails again the title is set aside,
    and what is left of it is not begun.
    """
    title_id, _, rest = key.partition("/")
    with together(parts_lock_of(settings, title_id)):
        _part(settings, night, title_id, lambda production: step(production, rest))


def _part(
    settings: Settings, night: date, title_id: str, step: Callable[[Production], None]
) -> None:
    try:
        production = Production(settings, ordered(settings, title_id))
    except NotOrdered:
        if not was_erased(settings, title_id):
            raise
        log.info("%s was erased", title_id)
        return
    if production.order.refused or production.order.night != night.isoformat():
        log.warning("%s was %s", title_id, production.order.refused or "ordered anew")
        return
    try:
        with own_faults(settings, production.order):
            _twice(lambda: step(production))
    except NotMade as error:
        log.warning("%s", error)


def _twice(step: Callable[[], None]) -> None:
    try:
        step()
    except (ToolFailed, ToolKilled) as error:
        log.warning("%s It is tried once more.", error)
        step()


@contextmanager
def own_faults(settings: Settings, order: Order) -> Iterator[None]:
    """Raise NotMade where what is done fails by the title's own fault, and keep why and what was tried."""
    try:
        with _blamed(settings, order):
            yield
    except NotMade as error:
        why = _as_delivered(order, error.reasons[order.title_id])
        set_aside(settings, order, replace(order, refused=why))
        raise NotMade({order.title_id: why}) from error


@contextmanager
def _blamed(settings: Settings, order: Order) -> Iterator[None]:
    """Turn an error that is the title's own into NotMade."""
    try:
        yield
    except MarqueeError as error:
        if not of_the_title(error):
            raise
        # on a full disk a tool's log ends early, and what it says of a film is not to be believed
        for place in (settings.at(), tempfile.gettempdir()):
            require_room(place)
        raise NotMade({order.title_id: str(error)}) from error
