"""Check a package: HLS and DASH by their rules, and that both and the segments say the same."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jobs.encode import boxes, dash_rules, hls_rules, mpd
from jobs.encode.finishing import INDEX
from jobs.encode.playlists import master_tags, media_playlist
from lakehouse.errors import MarqueeError
from serving_export.titles.layout import MANIFEST, MASTER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from jobs.encode.mpd import Representation
    from jobs.encode.streams import Stream
    from serving_export.titles.keys import KeySet

MP4_PROTECTION = "urn:mpeg:dash:mp4protection:2011"


class PackageBroken(MarqueeError):
    """A package is not what its specification or its streams say."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        super().__init__(
            f"The package was refused, because {problems[0]}{more}, so nothing of it is published: "
            "encode the title again; if it repeats, the packager's version is at fault."
        )


def check(
    folder: Path, streams: Sequence[Stream], seconds: float, keys: KeySet | None
) -> dict[str, Any]:
    """What the package of these streams holds, in numbers; raises PackageBroken."""
    try:
        root = mpd.read(folder / MANIFEST)
        found = list(mpd.representations(root))
        tags = master_tags((folder / MASTER).read_text())
        problems = [
            *hls_rules.master(folder, tags),
            *hls_rules.playlists(folder, streams, tags, seconds, keys),
            *dash_rules.manifest(root, seconds),
            *(wrong for one in found for wrong in dash_rules.representation(folder, one, seconds)),
            *_complete(folder, streams, found),
            *_aligned(streams, found),
            *_protected(folder, streams, found, keys),
            *dash_rules.headers(root, keys.ids.values() if keys else ()),
        ]
    except OSError as error:
        name = os.path.relpath(error.filename or folder, folder)
        raise PackageBroken([f"{name} cannot be opened ({error.strerror})"]) from None
    except (ValueError, KeyError) as error:
        raise PackageBroken([f"a manifest or segment cannot be read ({error})"]) from error
    if problems:
        raise PackageBroken(problems)
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {
        "files": len(files),
        "bytes": sum(file.stat().st_size for file in files),
        "segments": sum(len(one.media) for one in found),
        "bandwidths": {one.id: one.bandwidth for one in found},
        "codecs": {one.id: one.codecs for one in found if one.codecs},
    }


def _complete(
    folder: Path, streams: Sequence[Stream], found: Sequence[Representation]
) -> Iterator[str]:
    """Both manifests name the same files, but for text, which DASH has whole and HLS in segments;
    nothing lies in the package that neither names."""
    texts = tuple(f"{stream.name}/" for stream in streams if stream.kind == "text")
    names = {stream.name for stream in streams}
    if missing := sorted(names - {one.id for one in found}):
        yield f"the DASH manifest does not list {missing[0]}"
    in_dash = {path for one in found for path in (*one.media, one.initialization) if path}
    in_hls = set()
    for file in folder.glob(f"*/{INDEX}"):
        playlist = media_playlist(file.read_text())
        uris = [piece.uri for piece in playlist.pieces]
        uris += [playlist.map_uri] if playlist.map_uri else []
        in_hls |= {f"{file.parent.name}/{uri}" for uri in uris}
    if differing := sorted(name for name in in_dash ^ in_hls if not name.startswith(texts)):
        yield f"only one of HLS and DASH names {differing[0]}"
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    files = {name for name in files if not name.endswith((".m3u8", ".mpd"))}
    if orphans := sorted(files - in_dash - in_hls):
        yield f"no manifest names {orphans[0]}"


def _aligned(streams: Sequence[Stream], found: Sequence[Representation]) -> Iterator[str]:
    """A player may change between renditions of a codec at each segment."""
    codecs = {stream.name: stream.codec for stream in streams if stream.kind == "video"}
    first: dict[str, Representation] = {}
    for one in found:
        if one.id in codecs:
            other = first.setdefault(codecs[one.id], one)
            starts = [start / one.timescale for start in one.starts]
            same = [start / other.timescale for start in other.starts]
            if len(starts) != len(same) or any(
                abs(a - b) > 0.001 for a, b in zip(starts, same, strict=True)
            ):
                yield f"the segments of {one.id} and {other.id} do not begin together"


def _protected(
    folder: Path,
    streams: Sequence[Stream],
    found: Sequence[Representation],
    keys: KeySet | None,
) -> Iterator[str]:
    """What the segments say of their key is what the manifest and the key ring say."""
    ids = keys.ids if keys else {}
    said = {one.id: one for one in found}
    for stream in (s for s in streams if s.kind != "text" and s.name in said):
        one, due = said[stream.name], ids.get(stream.label, "")
        init = boxes.protected((folder / one.initialization).read_bytes())
        if one.key_id != due or init.key_id != due:
            yield f"{stream.name} is not under the key of its label {stream.label}"
        if keys and MP4_PROTECTION not in one.systems:
            yield f"{stream.name} does not say how it is protected"
