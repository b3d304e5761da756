"""Say which files a version was packaged from, and find them again: a rotation packages these.

What would be made of the master today does not matter to it: another ffmpeg gives other recipes, and
hours of encoding to what plays already.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.encode.package import Tiles
from jobs.encode.streams import Stream, recipe_of
from jobs.encode.thumbnails import Grid
from jobs.encode.workshop import Made, sha256_of
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from jobs.encode.assembly import Assembly
    from jobs.encode.vmaf import Values

Json = dict[str, Any]


class RenditionsGone(MarqueeError):
    """Files that a version was packaged from are not there as they were."""

    def __init__(self, title_id: str, version: str, lacking: Iterable[str]) -> None:
        super().__init__(
            f"The keys of title {title_id} stay, because of what version {version} was packaged from "
            f"this is gone or altered: {', '.join(lacking) or 'its receipt names none of it'}; "
            f"marquee encode FILE --title {title_id} makes it anew, then its keys can be rotated."
        )


def packing_of(assembly: Assembly) -> Json:
    """All that a package of these streams needs, files by name and hash."""
    tiles, scores = assembly.tiles, assembly.production.scores
    return {
        "streams": [{**recipe_of(one), "file": one.path.name} for one in assembly.streams],
        "tiles": {
            "file": tiles.made.path.name, "sha256": tiles.made.sha256, "grid": asdict(tiles.grid),
        },
        "scores": {one.rung.name: scores(one).path.name for one in assembly.shipped},
        "gop_seconds": assembly.gop_seconds,
    }  # fmt: skip


def files_of(receipt: Json) -> set[str]:
    """The names of the files in the workshop that its version was packaged from."""
    packing = receipt.get("packing")  # that of an older version has none
    if packing is None:
        return set()
    streams = {one["file"] for one in packing["streams"]}
    return {*streams, packing["tiles"]["file"], *packing["scores"].values()}


def found(work: Path, receipt: Json) -> tuple[list[Stream], Tiles]:
    """The streams and pictures that a version was packaged from; raises RenditionsGone."""
    files, packing = files_of(receipt), receipt.get("packing")
    lacking = [name for name in sorted(files) if not (work / name).exists()]
    if packing and not lacking:
        streams = [_stream(work, said) for said in packing["streams"]]
        tiles = packing["tiles"]
        hashes = {one.path.name: one.sha256 for one in streams}
        hashes[tiles["file"]] = sha256_of(work / tiles["file"])
        due = [*packing["streams"], tiles]
        lacking = [one["file"] for one in due if hashes[one["file"]] != one["sha256"]]
        if not lacking:
            made = Made(work / tiles["file"], tiles["sha256"], {})
            return streams, Tiles(made, Grid(**tiles["grid"]))
    raise RenditionsGone(receipt["title_id"], receipt["version"], lacking)


def scores_of(work: Path, receipt: Json) -> dict[str, Values]:
    """Rung that ships to [frames] VMAF, as it was measured."""
    return {name: np.load(work / file) for name, file in receipt["packing"]["scores"].items()}


def _stream(work: Path, said: Mapping[str, Any]) -> Stream:
    own = {name: value for name, value in said.items() if name not in ("file", "sha256")}
    return Stream(work / said["file"], **{**own, "roles": tuple(said["roles"])})
