"""Give a title fresh keys: package the same streams anew, and swap; nothing is encoded again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.encode.package import package
from jobs.encode.publish import publish
from jobs.encode.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from jobs.encode.package import Tiles
    from jobs.encode.streams import Stream
    from jobs.encode.workshop import Made, Workshop
    from serving_export.titles.keys import KeyRing, KeySet

    Beside = Callable[[Made, KeySet], dict[str, bytes]]


def rotate_keys(
    work: Workshop,
    published: Path,
    ring: KeyRing,
    title_id: str,
    streams: Sequence[Stream],
    seconds: float,
    protect: str,
    after: int,
    tiles: Tiles | None = None,
    beside: Beside | None = None,
    gop_seconds: float = 2.0,
) -> str:
    """Publish a title under keys that come after version `after`, and give the new version's name.

    `after` is the version of the keys of the package that plays, as its facts say. The version that
    plays until the swap keeps its files and its keys, so that a player in the middle of it goes on.
    Called again after a kill it goes on with the keys that it had made. `beside` makes the files
    that lie beside the package. Raises what packaging, verifying and publishing raise.
    """
    keys = ring.rotate(title_id, after=after)
    made = package(work, title_id, streams, seconds, protect, keys, tiles, gop_seconds)
    verify(made.path, streams, keys)
    return publish(published, title_id, made.path, beside(made, keys) if beside else None)
