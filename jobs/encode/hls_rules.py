"""Check the playlists of a package against HLS (RFC 8216).

Each function yields what is wrong, in words.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from jobs.encode.finishing import GROUPS, IFRAMES, INDEX, THUMBNAILS, rates_of
from jobs.encode.playlists import measured, media_playlist
from jobs.encode.rules import as_long, is_inside, odd_segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from jobs.encode.playlists import Playlist, Tag
    from jobs.encode.streams import Stream
    from serving_export.titles.keys import KeySet

I_FRAMES = "EXT-X-I-FRAMES-ONLY"
LEAST_VERSIONS = {
    "EXT-X-BYTERANGE": 4, I_FRAMES: 4, "EXT-X-MAP": 6, "EXT-X-KEY": 5, "EXTINF": 3,
}  # fmt: skip
"""RFC 8216, section 7."""
VARIANT_MUST_SAY = ("BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS", "RESOLUTION", "FRAME-RATE")
ALONE = ("EXT-X-I-FRAME-STREAM-INF", "EXT-X-IMAGE-STREAM-INF")
"""What plays without other renditions beside it."""
MAY_DIFFER = ("GROUP-ID", "URI", "CHANNELS")
"""Between corresponding renditions of two groups."""
COUNTER_MODE = "SAMPLE-AES-CTR"
FAIRPLAY, IDENTITY = "com.apple.streamingkeydelivery", "identity"


def master(folder: Path, tags: Sequence[Tag]) -> Iterator[str]:
    """What is wrong with the master playlist."""
    variants = [tag for tag in tags if tag.name == "EXT-X-STREAM-INF"]
    media = [tag for tag in tags if tag.name == "EXT-X-MEDIA"]
    if not variants:
        yield "the master playlist has no variant"
    for tag in tags:
        if tag.uri and not is_inside(folder, tag.uri):
            yield f"the master playlist names {tag.uri}, which is not in the package"
    for tag in variants:
        yield from _variant(tag, media)
        yield from _rates(tag, *rates_of(folder, tags, tag))
    for tag in (tag for tag in tags if tag.name in ALONE):
        yield from _rates(tag, measured(folder / tag.uri)[0], 0)
    for tag in (tag for tag in tags if tag.name == "EXT-X-IMAGE-STREAM-INF"):
        yield from _tiles(folder, tag)
    yield from _groups(media)


def _variant(variant: Tag, media: Sequence[Tag]) -> Iterator[str]:
    missing = [name for name in VARIANT_MUST_SAY if not variant.attributes.get(name)]
    if missing:
        yield f"variant {variant.uri} does not say {missing[0]}"
    there = {tag.attributes.get("GROUP-ID") for tag in media}
    named = {variant.attributes.get(kind) for kind in GROUPS} - {None}
    for group in named - there:
        yield f"variant {variant.uri} names the group {group}, which does not exist"


def _rates(tag: Tag, peak: int, mean: int) -> Iterator[str]:
    if tag.number("BANDWIDTH") < peak:
        yield f"{tag.uri} needs {peak} b/s and states {tag.number('BANDWIDTH'):.0f}"
    if tag.number("AVERAGE-BANDWIDTH") < mean:
        yield f"{tag.uri} needs {mean} b/s on average and states less"


def _tiles(folder: Path, tag: Tag) -> Iterator[str]:
    """A playlist of sheets states the size of a tile (Image Media Playlist 0.4, which Shaka Player
    multiplies by the layout)."""
    size = tag.attributes.get("RESOLUTION")
    if f"EXT-X-TILES:RESOLUTION={size}," not in (folder / tag.uri).read_text():
        yield f"{tag.uri} has no tiles of {size}, as the master playlist states"


def _groups(media: Sequence[Tag]) -> Iterator[str]:
    for group in {tag.attributes.get("GROUP-ID", "") for tag in media}:
        members = [tag.attributes for tag in media if tag.attributes.get("GROUP-ID") == group]
        if len({one.get("NAME") for one in members}) < len(members):
            yield f"two renditions of the group {group} have one name"
        if sum(one.get("DEFAULT") == "YES" for one in members) > 1:
            yield f"the group {group} has more than one default"
    for kind in GROUPS:
        yield from _alike(tag.attributes for tag in media if tag.attributes.get("TYPE") == kind)


def _alike(media: Iterable[dict[str, str]]) -> Iterator[str]:
    """Groups of one type have the same members, told alike but for where and how many channels
    (RFC 8216, section 4.3.4.1.1): a player that changes group finds the rendition that it plays."""
    groups: dict[str, dict[str, dict[str, str]]] = {}
    for one in media:
        told = {name: value for name, value in one.items() if name not in MAY_DIFFER}
        groups.setdefault(one.get("GROUP-ID", ""), {})[one.get("NAME", "")] = told
    for first, group in pairwise(groups):
        for name in sorted(groups[first].keys() | groups[group].keys()):
            if groups[first].get(name) != groups[group].get(name):
                yield f"the groups {first} and {group} do not tell of one {name!r}"


def playlists(
    folder: Path,
    streams: Sequence[Stream],
    tags: Sequence[Tag],
    seconds: float,
    keys: KeySet | None,
) -> Iterator[str]:
    """What is wrong with the media playlists of these streams."""
    kinds = {f"{stream.name}/{INDEX}": stream.kind for stream in streams}
    kinds |= {f"{s.name}/{IFRAMES}": "video" for s in streams if s.kind == "video"}
    kinds |= {f"{THUMBNAILS}/{INDEX}": "image"} if (folder / THUMBNAILS).exists() else {}
    if unlisted := sorted(set(kinds) - {tag.uri for tag in tags}):
        yield f"the master playlist does not list {unlisted[0]}"
    for name, kind in kinds.items():
        playlist = media_playlist((folder / name).read_text())
        found = [*_times(playlist, kind, seconds), *_files((folder / name).parent, playlist)]
        if kind in ("video", "audio"):
            found += _keys(playlist, keys)
            found += [] if playlist.map_uri else ["has no initialization segment"]
        yield from (f"{name} {wrong}" for wrong in found)


def _times(playlist: Playlist, kind: str, seconds: float) -> Iterator[str]:
    segments = [] if kind == "image" or I_FRAMES in playlist.flags else playlist.pieces
    if why := odd_segment([piece.seconds for piece in segments]):
        yield why
    if not as_long(kind, playlist.seconds, seconds, len(playlist.pieces)):
        yield f"lasts {playlist.seconds:.3f} s where the title lasts {seconds:.3f} s"
    if playlist.kind != "VOD" or "EXT-X-ENDLIST" not in playlist.flags:
        yield "does not say that it is complete"
    if any(round(piece.seconds) > playlist.target for piece in playlist.pieces):
        yield f"has a segment longer than its target of {playlist.target} s"
    used = playlist.flags | {"EXTINF"}
    used |= {"EXT-X-BYTERANGE"} if any(piece.length for piece in playlist.pieces) else set()
    least = max(LEAST_VERSIONS.get(name, 1) for name in used)
    if playlist.version < least:
        yield f"is of version {playlist.version} and uses what came with version {least}"


def _files(folder: Path, playlist: Playlist) -> Iterator[str]:
    names = [piece.uri for piece in playlist.pieces]
    names += [playlist.map_uri] if playlist.map_uri else []
    for name in names:
        if not is_inside(folder, name):
            yield f"names {name}, which is not there"
            return
    for piece in playlist.pieces:
        if piece.offset + piece.length > (folder / piece.uri).stat().st_size:
            yield f"names bytes beyond the end of {piece.uri}"


def _keys(playlist: Playlist, keys: KeySet | None) -> Iterator[str]:
    formats = {key.get("KEYFORMAT", IDENTITY) for key in playlist.keys}
    if keys is None and playlist.keys:
        yield "names keys where nothing is protected"
    if keys and not formats:
        yield "names no keys"
    if IDENTITY in formats:
        yield "offers its key by an address that players would fetch"
    for key in playlist.keys:
        if key.get("METHOD") == COUNTER_MODE and key.get("KEYFORMAT") == FAIRPLAY:
            yield "offers FairPlay a scheme that it cannot decrypt"
