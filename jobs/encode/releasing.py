"""Publish an assembled title with its receipt, under the keys that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.encode.masters import MasterAltered
from jobs.encode.playing import write_playing
from jobs.encode.prune import disown
from jobs.encode.publish import publish
from jobs.encode.receipt import beside, frames_of, read_receipt, receipt_of
from jobs.encode.record import record
from jobs.encode.refused import forget_refused
from serving_export.titles import layout

if TYPE_CHECKING:
    from datetime import date

    from jobs.encode.assembly import Assembly
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake

Json = dict[str, Any]


def made_playable(lake: Lake, night: date, assembly: Assembly) -> Json:
    """The receipt of a title that was published, listed as playable and recorded, in this order; what is
    kept of an earlier order that was refused goes last.

    What a kill in between leaves out is made good by calling again. Raises what `released` raises.
    """
    receipt = released(lake.settings, assembly)
    write_playing(lake, night)
    frames = {one.rung.name: frames_of(assembly.production, one) for one in assembly.shipped}
    record(lake.settings, receipt, frames)
    forget_refused(lake.settings, receipt["title_id"])
    return receipt


def released(settings: Settings, assembly: Assembly) -> Json:
    """The receipt of a title that plays, packaged under its keys.

    Of a version that was published before it is the first one. Raises NotPlayable, BadCaptions,
    PackageBroken, MasterAltered, and what the key ring and the tools raise.
    """
    order = assembly.production.order
    keys = assembly.keys()
    packaged = assembly.packaged(keys)
    version = layout.version_of(packaged.made.sha256)
    receipt = receipt_of(assembly, packaged, keys, version)
    _require_unaltered(assembly)
    places = settings.at("titles", "published")
    publish(places, order.title_id, packaged.made, beside(assembly, receipt))
    return read_receipt(settings, order.title_id)


def _require_unaltered(assembly: Assembly) -> None:
    """Raise MasterAltered where what was delivered changed, and drop what may be made of that."""
    production = assembly.production
    try:
        production.require_unaltered()
    except MasterAltered:
        disown(production.settings, production.order.title_id)
        raise
