"""Publish an assembled title with its receipt, under its keys of now or under fresh ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.encode.publish import publish
from jobs.encode.receipt import RECEIPT, as_json, read_receipt, receipt_of
from serving_export.titles import layout

if TYPE_CHECKING:
    from jobs.encode.assembly import Assembly
    from lakehouse.settings import Settings
    from serving_export.titles.keys import KeySet


@dataclass(frozen=True)
class Release:
    """A version of a title that plays."""

    receipt: dict[str, Any]
    """As it lies beside the version: of one that was published before, the first one."""
    fresh: bool
    """Whether another version, or none, played before."""


def released(settings: Settings, assembly: Assembly, keys: KeySet | None = None) -> Release:
    """Package under the keys given, else the title's own, and publish.

    Raises NotPlayable, BadCaptions, PackageBroken, and what the key ring and the tools raise.
    """
    order = assembly.production.order
    keys = keys or assembly.keys()
    made = assembly.packaged(keys)
    version = layout.content_hash(made.path)[:16]
    places = settings.at("titles", "published")
    before = layout.read_live(places, order.title_id)
    receipt = receipt_of(assembly, made, keys, version)
    publish(places, order.title_id, made.path, {RECEIPT: as_json(receipt)})
    return Release(
        read_receipt(settings, order.title_id), before is None or before.version != version
    )
