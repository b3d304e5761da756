"""Check the manifest of a package against DASH (ISO/IEC 23009-1).

Each function yields what is wrong, in words.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from jobs.encode import mpd
from jobs.encode.finishing import INDEX
from jobs.encode.playlists import measured
from jobs.encode.rules import as_long, is_inside, odd_segment

if TYPE_CHECKING:
    import xml.etree.ElementTree as ET
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from jobs.encode.mpd import Representation

LIVE_PROFILE = "urn:mpeg:dash:profile:isoff-live:2011"
"""The profile of segment templates, whether or not anything is live."""


def manifest(root: ET.Element, seconds: float) -> Iterator[str]:
    """What is wrong with the manifest as a whole."""
    said = mpd.seconds_of(root.get("mediaPresentationDuration", ""))
    if not as_long("audio", said, seconds):
        yield f"the DASH manifest lasts {said:.3f} s where the title lasts {seconds:.3f} s"
    due = {
        "is not static": root.get("type") == "static",
        "does not name its profile": LIVE_PROFILE in root.get("profiles", "").split(","),
        "has no minBufferTime": bool(root.get("minBufferTime")),
        "does not promise aligned segments": all(
            group.get("segmentAlignment") == "true"
            for group in root.iter(mpd.tag("AdaptationSet"))
            if group.get("contentType") == "video"
        ),
        "cuts its text, which few players can read": not any(
            list(group.iter(mpd.tag("SegmentTemplate")))
            for group in root.iter(mpd.tag("AdaptationSet"))
            if group.get("contentType") == "text"
        ),
    }  # fmt: skip
    yield from (f"the DASH manifest {wrong}" for wrong, fine in due.items() if not fine)
    for group in root.iter(mpd.tag("AdaptationSet")):
        layouts = {one.get("value") for one in group.iter(mpd.tag("AudioChannelConfiguration"))}
        if len(layouts) > 1:  # a player would change from stereo to surround as the network changes
            yield f"adaptation set {group.get('id')} of the DASH manifest mixes layouts of speakers"
    for name in ("AdaptationSet", "Representation"):
        ids = [one.get("id") for one in root.iter(mpd.tag(name))]
        if None in ids or len(set(ids)) < len(ids):
            yield f"two {name}s of the DASH manifest share an id"


def representation(folder: Path, one: Representation, seconds: float) -> Iterator[str]:
    """What is wrong with one stream of the manifest."""
    yield from _times(one, seconds)
    for path in (*one.media, *([one.initialization] if one.initialization else [])):
        if not is_inside(folder, path):
            yield f"{one.id} names {path}, which is not there"
            return
    if one.kind in ("video", "audio"):
        if not one.codecs:
            yield f"{one.id} does not name its codec"
        peak, _ = measured(folder / one.id / INDEX)
        if one.bandwidth < peak:
            yield f"{one.id} needs {peak} b/s and states {one.bandwidth}"


def _times(one: Representation, seconds: float) -> Iterator[str]:
    ends = [start + lasts for start, lasts in zip(one.starts, one.durations, strict=True)]
    if list(one.starts[1:]) != ends[:-1] or one.starts[:1] != (0,):
        yield f"the timeline of {one.id} has a gap"
    total = ends[-1] / one.timescale if ends else 0.0
    # sheets of pictures have one duration, so the last one reaches past the end
    if one.kind != "image" and not as_long(one.kind, total, seconds):
        yield f"{one.id} lasts {total:.3f} s where the title lasts {seconds:.3f} s"
    segments = one.durations if one.kind in ("video", "audio") else ()
    if why := odd_segment([lasts / one.timescale for lasts in segments]):
        yield f"{one.id} {why}"


def headers(root: ET.Element, key_ids: Iterable[str]) -> Iterator[str]:
    """What is wrong with the headers of protection systems."""
    ids = [bytes.fromhex(name) for name in key_ids]
    for one in root.iter(f"{{{mpd.CENC}}}pssh"):
        if why := _header(one.text or "", ids):
            yield why


def _header(text: str, ids: list[bytes]) -> str:
    """What is wrong with a protection system's header: it must name one of the keys, or nothing."""
    try:
        content = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        return "a protection header is not base64"
    if content[4:8] != b"pssh" or int.from_bytes(content[:4]) != len(content):
        return "a protection header is no pssh box"
    # PlayReady writes a key id as a little-endian GUID, in base64, in UTF-16
    guids = [base64.b64encode(_guid(name)).decode().encode("utf-16-le") for name in ids]
    if not any(name in content for name in (*ids, *guids)):
        return "a protection header names none of the keys"
    return ""


def _guid(key_id: bytes) -> bytes:
    return key_id[3::-1] + key_id[5:3:-1] + key_id[7:5:-1] + key_id[8:]
