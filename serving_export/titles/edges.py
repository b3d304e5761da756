"""Rank the edges that a viewer may fetch from: the nearest healthy one first, the origin last."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from math import asin, cos, inf, radians, sin, sqrt
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lakehouse.errors import MarqueeError
from lakehouse.settings import BadSetting

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

log = logging.getLogger(__name__)

EARTH_KM = 6371.0
KM_PER_MS = 100.0
"""Of a round trip: light in glass covers 200 km in a millisecond, there and back."""


class BadEdges(MarqueeError):
    """The table of edges cannot be read."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The table of edges was not used, because {why}: mend it, or leave it out and the "
            "origin serves everybody."
        )


@dataclass(frozen=True)
class Place:
    """Where somebody is, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True)
class Edge:
    """A server near viewers that holds the same paths as the origin."""

    base_url: str
    """In front of /t/<token>/..., without a slash at its end."""
    region: str
    place: Place
    healthy: bool
    latency_ms: float | None = None
    """Of a round trip as measured from the viewer; where it is unknown, distance stands for it."""


def ranked(edges: Iterable[Edge], viewer: Place | None, origin: str) -> list[str]:
    """The base URLs of the healthy edges, the nearest first, and the origin last.

    An edge whose latency is unknown counts with the least that its distance allows. Without a
    viewer's place only measured edges can be compared. Equals are told apart by URL, so that all
    servers answer alike.
    """
    near = [
        (latency, edge.base_url)
        for edge in edges
        if edge.healthy and (latency := _latency(edge, viewer)) is not None
    ]
    return list(dict.fromkeys([*(base_url for _, base_url in sorted(near)), origin]))


def distance_km(here: Place, there: Place) -> float:
    """Along the great circle (haversine)."""
    phi, other_phi = radians(here.latitude), radians(there.latitude)
    turn = radians(there.longitude - here.longitude)
    half = sin((other_phi - phi) / 2) ** 2 + cos(phi) * cos(other_phi) * sin(turn / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))


def read_edges(file: Path) -> tuple[Edge, ...]:
    """The edges of a JSON list of {base_url, region, latitude, longitude, healthy, latency_ms?}.

    Raises BadEdges.
    """
    try:
        rows = json.loads(file.read_text())
        if not isinstance(rows, list):
            raise TypeError("it holds something else")
        return tuple(_edge(**row) for row in rows)
    except (OSError, TypeError, ValueError) as error:
        raise BadEdges(f"{file.name} is not a list of edges ({error})") from None


class Table:
    """The edges of a file, read again whenever it changes; where there is no file, none."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: tuple[int, int, int] | None = None
        self._edges: tuple[Edge, ...] | None = None

    def edges(self) -> tuple[Edge, ...]:
        """The edges of now. A table that was broken by a change is logged and the one before it
        stands; raises BadEdges where there was none before."""
        before, seen = self._edges, self._stamp()
        if before is not None and seen == self._seen:
            return before
        try:
            found = read_edges(self._file) if seen else ()
        except BadEdges as error:
            if before is None:
                raise
            log.warning("%s Until then the edges from before are named.", error)
            found = before
        self._seen, self._edges = seen, found
        return found

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            facts = os.stat(self._file)
        except FileNotFoundError:
            return None
        return facts.st_ino, facts.st_mtime_ns, facts.st_size


def place_of(text: str, edges: Iterable[Edge]) -> Place | None:
    """The place in the setting viewer_place: "51.5,-0.1", or the place of a region's first edge.

    None where it is empty; raises BadSetting where it names neither.
    """
    if not text:
        return None
    try:
        latitude, longitude = map(float, text.split(","))
        if abs(latitude) <= 90 and abs(longitude) <= 180:
            return Place(latitude, longitude)
    except ValueError:
        there = {edge.base_url: edge.place for edge in edges if edge.region == text.strip()}
        if there:
            return there[min(there)]
    raise BadSetting("viewer_place", f"is {text!r}, neither a place on Earth nor a region of edges")


def _edge(
    *,
    base_url: str,
    region: str,
    latitude: float,
    longitude: float,
    healthy: bool,
    latency_ms: float | None = None,
) -> Edge:
    if not _is_address(base_url):
        raise ValueError(f"{base_url!r} is no web address")
    if not (abs(latitude) <= 90 and abs(longitude) <= 180 and isinstance(healthy, bool)):
        raise ValueError(f"{region!r} has no place on Earth or is neither healthy nor not")
    if latency_ms is not None and not (
        isinstance(latency_ms, int | float) and 0 <= latency_ms < inf
    ):
        raise ValueError(f"{latency_ms!r} is no time in milliseconds")
    place = Place(float(latitude), float(longitude))
    return Edge(base_url.rstrip("/"), region, place, healthy, latency_ms)


def _is_address(said: object) -> bool:
    """Whether a server can be asked there; raises ValueError for some that are none."""
    if not isinstance(said, str) or set(said) & set(" ;,\"'"):
        return False
    parts = urlsplit(said)
    host, port = (parts.hostname or "").encode("idna"), parts.port
    return parts.scheme in ("https", "http") and host != b"" and port != 0


def _latency(edge: Edge, viewer: Place | None) -> float | None:
    if edge.latency_ms is not None:
        return edge.latency_ms
    return None if viewer is None else distance_km(viewer, edge.place) / KM_PER_MS
