"""Read and write DASH manifests (ISO/IEC 23009-1) without trusting the XML that they are in."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DASH = "urn:mpeg:dash:schema:mpd:2011"
CENC = "urn:mpeg:cenc:2013"
NAMESPACES = {
    "": DASH,
    "cenc": CENC,
    "mspr": "urn:microsoft:playready",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
PERIOD = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
PLACE = re.compile(r"\$(Number|RepresentationID)(?:%0(\d+)d)?\$")


@dataclass(frozen=True)
class Representation:
    """One stream of a manifest, with what it inherits from its adaptation set."""

    id: str
    kind: str
    """video, audio, text or image."""
    bandwidth: int
    codecs: str
    key_id: str
    """32 hex digits; empty where it is not protected."""
    systems: tuple[str, ...]
    """The schemes of all content protection, in order."""
    starts: tuple[int, ...]
    """Of each segment, in units of the timescale."""
    durations: tuple[int, ...]
    timescale: int
    initialization: str
    media: tuple[str, ...]
    """The path of each segment."""


def tag(name: str) -> str:
    """A DASH element's name as ElementTree writes it."""
    return f"{{{DASH}}}{name}"


def parsed(content: bytes) -> ET.Element:
    """The root of a manifest; raises ValueError for what is no XML or declares a document type.

    Entities, which can grow without end or read files, are declared in a document type only.
    """
    guard = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise ValueError("it declares a document type")

    guard.StartDoctypeDeclHandler = refuse
    try:
        guard.Parse(content, True)
        return ET.fromstring(content)  # noqa: S314 - no document type, so no entities
    except (expat.ExpatError, ET.ParseError) as error:
        raise ValueError(f"it is no XML ({error})") from None


def written(root: ET.Element) -> bytes:
    """The bytes of a manifest, the same for the same content."""
    for prefix, address in NAMESPACES.items():
        ET.register_namespace(prefix, address)
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def seconds_of(duration: str) -> float:
    """An xs:duration of hours, minutes and seconds; raises ValueError."""
    found = PERIOD.fullmatch(duration)
    if not found:
        raise ValueError(f"{duration!r} is no duration")
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def representations(root: ET.Element) -> Iterator[Representation]:
    """Every stream of a manifest; raises ValueError or KeyError where it lacks what it must say."""
    for group in root.iter(tag("AdaptationSet")):
        for one in group.iter(tag("Representation")):
            yield _representation(group, one, seconds_of(root.get("mediaPresentationDuration", "")))


def _representation(group: ET.Element, one: ET.Element, total: float) -> Representation:
    template = one.find(tag("SegmentTemplate"))
    template = group.find(tag("SegmentTemplate")) if template is None else template
    if whole := one.findtext(tag("BaseURL")):  # one file is one segment
        said = {"media": whole, "timescale": "1000", "duration": str(round(total * 1000))}
        template = ET.Element(tag("SegmentTemplate"), said)
    if template is None:
        raise ValueError(f"representation {one.get('id')} has no segments")
    scale = int(template.get("timescale", "1"))
    starts, durations = _timeline(template, total * scale)
    first = int(template.get("startNumber", "1"))
    name = one.get("id", "")
    return Representation(
        id=name,
        kind=group.get("contentType", one.get("mimeType", "").split("/")[0]),
        bandwidth=int(one.attrib["bandwidth"]),
        codecs=one.get("codecs", group.get("codecs", "")),
        key_id=_key_id(group),
        systems=tuple(
            said.get("schemeIdUri", "") for said in group.iter(tag("ContentProtection"))
        ),
        starts=tuple(starts),
        durations=tuple(durations),
        timescale=scale,
        initialization=_filled(template.get("initialization", ""), name, 0),
        media=tuple(
            _filled(template.attrib["media"], name, first + place)
            for place in range(len(durations))
        ),
    )  # fmt: skip


def _key_id(group: ET.Element) -> str:
    said = (one.get(f"{{{CENC}}}default_KID", "") for one in group.iter(tag("ContentProtection")))
    return next((text for text in said if text), "").replace("-", "").lower()


def _timeline(template: ET.Element, total: float) -> tuple[list[int], list[int]]:
    """Start and duration of each segment; equal ones up to the end where no timeline is said."""
    starts: list[int] = []
    durations: list[int] = []
    if (each := int(template.get("duration", "0"))) > 0:
        count = ceil(total / each - 1e-6)  # not one more for the last digit of a division
        return [each * place for place in range(count)], [each] * count
    at = 0
    for said in template.iter(tag("S")):
        at = int(said.get("t", at))
        for _ in range(int(said.get("r", "0")) + 1):
            starts.append(at)
            durations.append(int(said.attrib["d"]))
            at += durations[-1]
    return starts, durations


def _filled(pattern: str, name: str, number: int) -> str:
    def fill(found: re.Match[str]) -> str:
        if found[1] == "RepresentationID":
            return name
        return f"{number:0{found[2] or 1}d}"

    return PLACE.sub(fill, pattern)


def read(file: Path) -> ET.Element:
    """The root of a manifest in a file; raises ValueError or OSError."""
    return parsed(file.read_bytes())
