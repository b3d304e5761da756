"""Finish what the packager wrote: names that mean something, honest rates, pictures, equal bytes.

The packager numbers adaptation sets in the order in which its threads get there, states the peak of
single segments, lets text end with a whole segment, cuts text in DASH, too, gives FairPlay one address
for all keys, and knows no thumbnails.
"""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from jobs.encode import mpd
from jobs.encode.playlists import (
    Tag,
    master_tags,
    mean_bps,
    measured,
    media_playlist,
    peak_bps,
    with_all_members,
)
from serving_export.titles.layout import MANIFEST, MASTER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jobs.encode.streams import Stream
    from jobs.encode.thumbnails import Grid
    from serving_export.titles.keys import KeySet

INDEX, IFRAMES, THUMBNAILS = "index.m3u8", "iframes.m3u8", "thumbnails"
WHOLE = "whole.vtt"
"""The text for DASH, where WebVTT that is not in MP4 is one file (DASH-IF IOP 4.3, section 6.4.5): of
segments Shaka Player alone shows something. HLS has it in segments (RFC 8216, section 3.5)."""
SWITCHING = "urn:mpeg:dash:adaptation-set-switching:2016"
TILE = "http://dashif.org/guidelines/thumbnail_tile"
"""DASH-IF IOP 4.3, section 6.2.6."""
MICRO = 1_000_000
"""Units of a second in which a sheet's duration is whole enough."""
LEAST_MASTER_VERSION = 6
QUOTED = {
    "URI", "GROUP-ID", "LANGUAGE", "NAME", "CHARACTERISTICS", "CHANNELS", "CODECS", "AUDIO",
    "SUBTITLES", "VIDEO", "ASSOC-LANGUAGE",
}  # fmt: skip
"""Attributes whose values are quoted strings (RFC 8216, section 4.3.4)."""
GROUPS = ("AUDIO", "SUBTITLES")
"""Types of renditions, and the attribute by which a variant names its group of each."""


def finish(
    folder: Path, streams: Sequence[Stream], keys: KeySet | None, grid: Grid | None, seconds: float
) -> None:
    """Put the playlists and the manifest of a package into their last form.

    `grid` tells how the sheets in the folder `thumbnails` are laid out; `seconds` how long the
    title is.
    """
    for stream in streams:
        if stream.kind == "text":
            _end_with_title(folder / stream.name / INDEX, seconds)
            shutil.copyfile(stream.path, folder / stream.name / WHOLE)
        elif keys:
            _address_key(folder / stream.name, keys.ids[stream.label])
    if grid:
        _write_sheet_playlist(folder / THUMBNAILS, grid)
    _finish_master(folder, grid)
    _finish_manifest(folder, streams, grid)


def _end_with_title(file: Path, seconds: float) -> None:
    """Let the last text segment end where the title ends."""
    text, pieces = file.read_text(), media_playlist(file.read_text()).pieces
    last = seconds - sum(piece.seconds for piece in pieces[:-1])
    head, _, tail = text.rpartition("#EXTINF:")
    file.write_text(f"{head}#EXTINF:{last:.3f},{tail.partition(',')[2]}")


def _address_key(folder: Path, key_id: str) -> None:
    """Give FairPlay's address of a stream the id of its key, which the licence server must know."""
    for file in folder.glob("*.m3u8"):
        file.write_text(re.sub(r'URI="(skd://[^"]*)"', rf'URI="\1/{key_id}"', file.read_text()))


def _write_sheet_playlist(folder: Path, grid: Grid) -> None:
    """The images-only playlist of the sheets (Roku's extension, which Shaka Player reads)."""
    durations = grid.sheet_durations()
    lines = [
        "#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{max(1, *map(round, durations))}",
        "#EXT-X-MEDIA-SEQUENCE:1", "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-IMAGES-ONLY",
    ]  # fmt: skip
    for number, lasts in enumerate(durations, 1):
        lines += [
            f"#EXTINF:{lasts:.3f},",
            f"#EXT-X-TILES:RESOLUTION={grid.width}x{grid.height},"
            f"LAYOUT={grid.columns}x{grid.rows},DURATION={grid.seconds:.3f}",
            f"{number:05d}.jpg",
        ]
    (folder / INDEX).write_text("\n".join([*lines, "#EXT-X-ENDLIST", ""]))


def _finish_master(folder: Path, grid: Grid | None) -> None:
    """Write the master playlist anew, with the rates that were measured."""
    tags = with_all_members(master_tags((folder / MASTER).read_text()))
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{LEAST_MASTER_VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for tag in tags:
        if tag.name == "EXT-X-STREAM-INF":
            peak, mean = rates_of(folder, tags, tag)
            lines += [_line(tag, {"BANDWIDTH": peak, "AVERAGE-BANDWIDTH": mean}), tag.uri]
        elif tag.name == "EXT-X-I-FRAME-STREAM-INF":
            peak, mean = measured(folder / tag.uri)
            lines.append(_line(tag, {"BANDWIDTH": peak, "AVERAGE-BANDWIDTH": mean}))
        elif tag.name == "EXT-X-MEDIA":
            lines.append(_line(tag, {}))
    if grid:
        peak, _ = measured(folder / THUMBNAILS / INDEX)
        lines.append(  # the resolution is a tile's, as players multiply it by the layout
            f'#EXT-X-IMAGE-STREAM-INF:BANDWIDTH={peak},CODECS="jpeg",'
            f"RESOLUTION={grid.width}x{grid.height},"
            f'URI="{THUMBNAILS}/{INDEX}"'
        )
    (folder / MASTER).write_text("\n".join([*lines, ""]))


def rates_of(folder: Path, tags: Sequence[Tag], variant: Tag) -> tuple[int, int]:
    """Peak and mean bit rate of a variant with the dearest renditions that may play with it."""
    peak, mean = measured(folder / variant.uri)
    for kind in GROUPS:
        group = [
            measured(folder / tag.uri)
            for tag in tags
            if tag.attributes.get("TYPE") == kind
            and tag.attributes.get("GROUP-ID") == variant.attributes.get(kind)
        ]
        peak += max((rate for rate, _ in group), default=0)
        mean += max((rate for _, rate in group), default=0)
    return peak, mean


def _line(tag: Tag, changed: dict[str, int]) -> str:
    said = {**tag.attributes, **{name: str(value) for name, value in changed.items()}}
    words = (f'{name}="{v}"' if name in QUOTED else f"{name}={v}" for name, v in said.items())
    return f"#{tag.name}:{','.join(words)}"


def _finish_manifest(folder: Path, streams: Sequence[Stream], grid: Grid | None) -> None:
    root = mpd.read(folder / MANIFEST)
    _renumber(root)
    by_folder = {stream.name: stream for stream in streams}
    for group in root.iter(mpd.tag("AdaptationSet")):
        for one in group.iter(mpd.tag("Representation")):
            template = one.find(mpd.tag("SegmentTemplate"))
            assert template is not None  # noqa: S101 - the packager was told to use templates
            stream = by_folder[template.attrib["media"].split("/")[0]]
            one.set("id", stream.name)
            if stream.kind == "text":
                one.remove(template)
                ET.SubElement(one, mpd.tag("BaseURL")).text = f"{stream.name}/{WHOLE}"
            else:
                peak, _ = measured(folder / stream.name / INDEX)
                one.set("bandwidth", str(max(peak, int(one.attrib["bandwidth"]))))
        for label in group.findall(mpd.tag("Label")):
            group.remove(label)  # which was there to keep sets apart
        if stream.kind != "video":
            label = ET.Element(mpd.tag("Label"))
            label.text = stream.title
            group.insert(_place_of_label(group), label)
    if grid:
        period = root.find(mpd.tag("Period"))
        assert period is not None  # noqa: S101 - each manifest of the packager has one
        period.append(_sheets(folder / THUMBNAILS, grid, len(period)))
    (folder / MANIFEST).write_bytes(mpd.written(root))


def _renumber(root: ET.Element) -> None:
    """Number adaptation sets in their order, in the switching lists too."""
    groups = list(root.iter(mpd.tag("AdaptationSet")))
    fresh = {group.attrib["id"]: str(place) for place, group in enumerate(groups)}
    for group in groups:
        group.set("id", fresh[group.attrib["id"]])
        for said in group.iter(mpd.tag("SupplementalProperty")):
            if said.get("schemeIdUri") == SWITCHING:
                others = sorted((fresh[name] for name in said.attrib["value"].split(",")), key=int)
                said.set("value", ",".join(others))


def _place_of_label(group: ET.Element) -> int:
    """Before the representations, as the schema's sequence has it."""
    names = [one.tag for one in group]
    return names.index(mpd.tag("Representation"))


def _sheets(folder: Path, grid: Grid, number: int) -> ET.Element:
    """The adaptation set of the thumbnails."""
    group = ET.Element(
        mpd.tag("AdaptationSet"),
        {"id": str(number), "contentType": "image", "mimeType": "image/jpeg"},
    )
    ET.SubElement(
        group, mpd.tag("SegmentTemplate"),
        {"media": f"{THUMBNAILS}/$Number%05d$.jpg", "startNumber": "1",
         "duration": str(round(grid.sheet_seconds * MICRO)), "timescale": str(MICRO)},
    )  # fmt: skip
    sizes = [file.stat().st_size for file in sorted(folder.glob("*.jpg"))]
    seconds = grid.sheet_durations()
    rate = max(peak_bps(sizes, seconds, grid.sheet_seconds), mean_bps(sizes, seconds))
    one = ET.SubElement(
        group, mpd.tag("Representation"),
        {"id": THUMBNAILS, "bandwidth": str(rate), "width": str(grid.width * grid.columns),
         "height": str(grid.height * grid.rows)},
    )  # fmt: skip
    value = f"{grid.columns}x{grid.rows}"
    ET.SubElement(one, mpd.tag("EssentialProperty"), {"schemeIdUri": TILE, "value": value})
    return group
