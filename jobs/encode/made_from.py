"""Print out of a receipt what a rendition was made from: the master, and the probes at its size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from jobs.encode.ladder.grid import area
from jobs.encode.lines import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]


def master_of(receipt: Json) -> Iterator[Text]:
    """What was found in the master, picture and sound."""
    master = receipt["master"]
    yield Text(
        f"Master {master['sha256']}: {master['width']}x{master['height']}, {master['frames']:,} "
        f"frames at {master['fps']} a second, {master['container']}, {master['pixel_format']}"
    )
    told = {
        "colour": ", ".join(f"{name} {value}" for name, value in master["colour"].items()),
        "pixel aspect": master["sample_aspect"],
        "bars": master["crop"] and f"cropped to {master['crop']}",
        "turned": master["rotation"] and f"{master['rotation']} degrees",
        "HDR": master["hdr"] and "mapped to SDR",
        "interlaced": master["interlaced"] and "deinterlaced",
        "sound": ", ".join(map(_track, master["audio"])) or "none",
    }
    yield Text("; ".join(f"{name}: {said}" for name, said in told.items() if said))


def _track(track: Json) -> str:
    channels = f"{track['channels']} channel{'' if track['channels'] == 1 else 's'}"
    return f"track {track['index'] + 1} {track['codec']} of {channels} in {track['language']}"


def probes_of(receipt: Json, rung: Json) -> Iterator[Text]:
    """The probes at the size of a rung; where there are none, of which sizes its curve was made."""
    probes = [one for one in receipt["probes"] if one["codec"] == rung["codec"]]
    yield from table(
        "Probes at this size", ("shot", "CRF", "kb/s", "VMAF", "CPU-s"),
        (
            (one["shot"], f"{one['crf']:g}", f"{_kbps(receipt, one):,.0f}", f"{one['vmaf']:.1f}",
             f"{one['cpu_seconds']:.1f}")
            for one in probes
            if _size(one) == _size(rung)
        ),
    )  # fmt: skip
    sizes = sorted({_size(one) for one in probes}, key=area)
    if sizes and _size(rung) not in sizes:
        smaller = [size for size in sizes if area(size) < area(_size(rung))]
        larger = [size for size in sizes if area(size) > area(_size(rung))]
        ends = " and ".join("x".join(map(str, size)) for size in (smaller[-1], larger[0]))
        yield Text(f"\nIts size was not probed: its curve lies between those of {ends}.")


def _size(one: Json) -> tuple[int, int]:
    return one["width"], one["height"]


def _kbps(receipt: Json, probe: Json) -> float:
    seconds = probe["frames"] * receipt["master"]["seconds"] / receipt["master"]["frames"]
    return float(probe["bits"] / seconds / 1000)
