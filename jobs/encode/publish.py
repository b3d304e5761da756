"""Publish a package: put the version whole into its place, and only then move the pointer.

A version is named by its content, so that the same package has the same address, and publishing it
again changes nothing.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.encode.manifests import PackageBroken
from jobs.encode.workshop import bytes_of, remove
from lakehouse.errors import MarqueeError
from lakehouse.faults import require_room
from lakehouse.files import write_json
from lakehouse.locks import alone
from serving_export.titles import layout
from serving_export.titles.layout import Live
from serving_export.titles.master_key import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jobs.encode.workshop import Made

READ_ONLY = 0o444


class NoVersion(MarqueeError):
    """There is no earlier version of a title to go back to."""

    def __init__(self, title_id: str, wanted: str) -> None:
        super().__init__(
            f"Title {title_id} was not rolled back to {wanted}, because that was not live before or "
            f"is no longer whole: {layout.LIVE} of the title lists those that were."
        )


def publish(
    published: Path, title_id: str, package: Made, beside: Mapping[str, bytes] | None = None
) -> str:
    """Make a package the live version of a title and give the version's name.

    `published` holds a folder for each title. The package is read once to be copied, and the copy once
    for its hash, which must be that of the package when it was made. `beside` are files such as
    a receipt that lie in the version and do not count for its name; of a version that is there
    already, the first ones stay, unless its receipt cannot be read. A reader finds the version before
    or this one, never part of it.
    Raises BadTitleId, NoSpace, PackageBroken where bytes changed since, and BrokenLive never: it is
    written anew.
    """
    with _alone(published, title_id) as folder:
        version = layout.version_of(package.sha256)
        if not _is_right(folder / version, beside or {}):
            require_room(folder, bytes_of(package.path))
            _put(folder, version, package.path, package.sha256, beside or {})
        try:
            live = layout.read_live(published, title_id)
        except layout.BrokenLive:
            live = None
        pointed = layout.pointed(live, version)
        if pointed != live:
            _point(folder, pointed)
        return version


def rollback(published: Path, title_id: str, version: str | None = None) -> str:
    """Make an earlier version of a title live again, the last one by default; raises NoVersion."""
    with _alone(published, title_id) as folder:
        live, wanted = _earlier(folder, title_id, version)
        _point(folder, layout.rolled_back(live, wanted))
        return wanted


def earlier_version(published: Path, title_id: str) -> str:
    """The version of a title that a rollback goes to; raises NoVersion."""
    with _alone(published, title_id) as folder:
        return _earlier(folder, title_id, None)[1]


def _earlier(folder: Path, title_id: str, version: str | None) -> tuple[Live, str]:
    live = layout.read_live(folder.parent, title_id)
    earlier = live.previous if live else ()
    wanted = version or (earlier[0] if earlier else "an earlier version")
    if live is None or wanted not in earlier or not layout.is_whole(folder / wanted):
        raise NoVersion(title_id, wanted)
    return live, wanted


def take_down(published: Path, title_id: str) -> None:
    """Let nothing of a title play from this moment on; its versions stay."""
    with _alone(published, title_id) as folder:
        (folder / layout.LIVE).unlink(missing_ok=True)
        sync_folder(folder)


def prune_versions(published: Path, title_id: str, before: float) -> dict[str, int]:
    """Remove a title's versions but the live one and the one before it; each one's name and bytes.

    None where the pointer moved after `before`, in seconds since 1970: somebody may be watching what
    played until then. The pointer forgets them first, so that a kill leaves nothing that it names.
    Raises BrokenLive.
    """
    with _alone(published, title_id) as folder:
        live = layout.read_live(published, title_id)
        pointer = folder / layout.LIVE
        if live is None or pointer.stat().st_mtime > before:
            return {}
        kept = Live(live.version, live.previous[:1])
        names = {place.name for place in folder.iterdir() if layout.VERSION.fullmatch(place.name)}
        old = sorted(names - {kept.version, *kept.previous})
        if old and kept != live:
            facts = pointer.stat()
            _point(folder, kept)
            os.utime(pointer, ns=(facts.st_atime_ns, facts.st_mtime_ns))  # nothing was swapped
        removed = {}
        for name in old:
            removed[name] = bytes_of(folder / name)
            (folder / name).rename(folder / f".gone-{name}")  # a half-removed one is no version
        for left in folder.glob(".*-*"):  # of this, or of a publishing that was killed
            remove(left)
        return removed


def _is_right(version: Path, beside: Mapping[str, bytes]) -> bool:
    """Whether a version is there with every byte, and with a receipt where it is to have one."""
    if layout.RECEIPT in beside:
        try:
            json.loads((version / layout.RECEIPT).read_text())
        except (OSError, ValueError):
            return False
    return layout.is_whole(version)


@contextmanager
def _alone(published: Path, title_id: str) -> Iterator[Path]:
    """The folder of a title, for one process at a time."""
    folder = layout.title_folder(published, title_id)
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / ".publishing"):
        yield folder


def _put(
    folder: Path,
    version: str,
    package: Path,
    sha256: str,
    beside: Mapping[str, bytes],
) -> None:
    """Copy, check, and rename: the folder of a version has all of it from its first moment on."""
    part = folder / f".part-{version}"
    shutil.rmtree(part, ignore_errors=True)  # of one that was killed
    try:
        _fill(part, package, sha256, beside)
        _replace(part, folder / version)
    finally:
        shutil.rmtree(part, ignore_errors=True)  # half a version would keep a full disk full
    sync_folder(folder)


def _fill(part: Path, package: Path, sha256: str, beside: Mapping[str, bytes]) -> None:
    shutil.copytree(package, part, copy_function=shutil.copyfile)
    hashes = layout.content_hashes(part)
    if layout.hash_of_hashes(hashes) != sha256:
        version = layout.version_of(sha256)
        raise PackageBroken(
            [f"version {version} changed after it was made, or while it was copied"]
        )
    extra = {
        **beside,
        layout.HEADERS: layout.as_json(layout.headers()),
        layout.CONTENTS: layout.as_json({"files": hashes}),
    }
    for name, content in extra.items():
        if name in hashes:
            raise PackageBroken([f"{name} lies both in the package and beside it"])
        (part / name).parent.mkdir(exist_ok=True)
        (part / name).write_bytes(content)
    _sync(part)


def _sync(folder: Path) -> None:
    """Have a folder's files on the disk, not only in memory, and guarded against a slip."""
    for place, _, names in os.walk(folder):
        for name in names:
            opened = os.open(os.path.join(place, name), os.O_RDONLY)
            try:
                os.fsync(opened)
                os.fchmod(opened, READ_ONLY)
            finally:
                os.close(opened)
        sync_folder(Path(place))


def _replace(part: Path, place: Path) -> None:
    """Rename a folder into its place; a damaged one of that name steps aside first."""
    aside = place.with_name(f".damaged-{place.name}")
    shutil.rmtree(aside, ignore_errors=True)
    if place.exists():
        place.rename(aside)
    part.rename(place)
    shutil.rmtree(aside, ignore_errors=True)


def _point(folder: Path, live: Live) -> None:
    content = {
        "version": live.version,
        "previous": list(live.previous),
        "withdrawn": list(live.withdrawn),
    }
    write_json(folder / layout.LIVE, content)
    sync_folder(folder)
