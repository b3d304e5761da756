"""Take a master in: look at all of it once, and say what it is or why it cannot be encoded.

Whatever is true of the file is recorded; `picture.shown` then undoes rotation, bars, oblong pixels,
interlacing and HDR in one chain. HDR masters are tone-mapped to SDR, the only thing that leaves
this pipeline, and `Master.hdr` says that it was done.
"""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.encode.facts import AudioTrack, Master
from jobs.encode.headers import Header, Unencodable, header, is_hdr, of_a_film, refuse, size_shown
from jobs.encode.packets import packets_of
from jobs.encode.picture import SAFE
from jobs.encode.scan import scan
from jobs.encode.timing import FASTEST, SLOWEST, timing, too_fast
from jobs.encode.tools import ToolFailed, last_line, versions

if TYPE_CHECKING:
    from pathlib import Path

    from jobs.encode.scan import Scan
    from jobs.encode.timing import Timing
    from jobs.encode.workshop import Made, Workshop

PATIENCE_SECONDS, PATIENCE = 60.0, 20.0
"""A scan may take a minute and 20 times what the film lasts: 4K decodes at less on one core."""
LOST_SECONDS = 1.0
"""A film that ends earlier than its header says by more than this was cut off."""
LEAST_KEPT, LEAST_BAR = 0.5, 0.02
"""Shares of a side: bars that leave less than half of it are a dark film, and what is thinner than
a fiftieth is a line of tape noise or nothing."""
VERSION = 5
"""Part of the recipe: raise it with what a scan keeps."""


def ingest(work: Workshop, master_path: Path, sha256: str) -> Master:
    """What the master is; raises Unencodable, ToolFailed or ToolHung, and then keeps nothing."""
    return master_of(scanned(work, master_path, sha256))


def master_of(made: Made) -> Master:
    """Read the record that a scan keeps."""
    said = dict(made.facts["master"])
    return Master(**{**said, "audio": tuple(AudioTrack(**track) for track in said["audio"])})


def scanned(work: Workshop, path: Path, sha256: str) -> Made:
    """The scan's file: arrays place, score and bits, [decoded frames] each; facts hold the rest."""
    recipe = {"master": sha256, "tools": versions(), "version": VERSION}
    return work.make("scan", ".npz", recipe, lambda part: _look(part, path, sha256))


def _look(part: Path, path: Path, sha256: str) -> dict[str, Any]:
    declared = header(path)
    refuse(declared)
    seen = _scan(path, declared)
    grid = _grid(declared, seen)
    bits = packets_of(path, *SAFE, track=f"v:{declared.track}").bits
    even = np.full(len(grid.places), bits.mean() if len(bits) else 0.0)  # fields or packed frames
    with part.open("wb") as out:
        np.savez(
            out, place=grid.places, score=seen.cut_scores,
            bits=bits if len(bits) == len(grid.places) else even,
        )  # fmt: skip
    return {
        "master": asdict(_master(declared, seen, grid, sha256)),
        "repeated_frames": grid.repeated,
        "dropped_frames": grid.dropped,
        "codec": declared.video.get("codec_name", "unknown"),
        "cpu_seconds": seen.cpu_seconds,
    }


def _scan(path: Path, declared: Header) -> Scan:
    try:
        patience = PATIENCE_SECONDS + PATIENCE * min(declared.seconds, 6 * 3600)
        heard = [track.index for track in declared.audio if track.channels]
        seen = scan(path, patience, declared.track, heard)
    except ToolFailed as error:
        why = last_line(error.said.replace(str(path), path.name))
        raise Unencodable(path.name, f"it is damaged ({why})") from error
    if seen.cut_off:
        raise Unencodable(path.name, "it is cut off: the file ends before the film does")
    if not len(seen.ticks):
        raise Unencodable(path.name, "not one frame of it can be decoded")
    return seen


def _grid(declared: Header, seen: Scan) -> Timing:
    """Frames on a constant rate; raises Unencodable for a film that is cut off or unsteady."""
    moments = np.asarray(seen.ticks * float(declared.time_base), np.float64)
    if (np.diff(moments) < 0).any():
        raise Unencodable(declared.name, "its frames do not follow each other in time")
    grid = timing(moments, declared.rates)
    if not grid.reasonable:
        raise Unencodable(declared.name, _unshown(grid, too_fast(moments)))
    if grid.fps < SLOWEST:
        why = f"it has {float(grid.fps):.2g} frames a second, and {float(SLOWEST):g} are the fewest"
        raise Unencodable(declared.name, why)
    says, lasts = declared.seconds_shown, grid.frames / float(grid.fps)
    lasts += max(0.0, float(moments[0]))  # Matroska counts from 0, where nothing is shown yet
    if says - lasts > LOST_SECONDS:
        why = f"it says that it lasts {says:.1f} s and ends after {lasts:.1f} s"
        raise Unencodable(declared.name, why)
    return grid


def _unshown(grid: Timing, rate: float) -> str:
    """Why a film has no constant rate at which it can be shown."""
    if rate:
        return f"it has {rate:.5g} frames a second, and {FASTEST} are the most"
    changed, most = grid.repeated + grid.dropped, max(grid.frames, len(grid.places))
    why = f"its frame rate varies so much that {changed:,} of {most:,} frames would "
    return why + "have to be repeated or dropped"


def _master(declared: Header, seen: Scan, grid: Timing, sha256: str) -> Master:
    coded = int(declared.video["width"]), int(declared.video["height"])
    crop = crop_of(seen.crop, *coded)
    stands = declared.sample_aspect, declared.rotation
    if not of_a_film(*size_shown(coded, crop, *stands)):
        crop = ""  # no film has what is left: the rest is dark picture
    width, height = size_shown(coded, crop, *stands)
    return Master(
        sha256=sha256,
        container=declared.container,
        width=width,
        height=height,
        fps=str(grid.fps),
        frames=grid.frames,
        pixel_format=str(declared.video["pix_fmt"]),
        colour=declared.colour,
        hdr=is_hdr(declared),
        interlaced=seen.interlaced and not declared.progressive,
        rotation=declared.rotation,
        sample_aspect=str(declared.sample_aspect),
        crop=crop,
        audio=declared.audio,
        track=declared.track,
        mirrored=declared.mirrored,
        start=str(Fraction(int(seen.ticks[0])) * declared.time_base),
    )


def crop_of(seen: str, width: int, height: int) -> str:
    """The crop of a coded picture that takes its bars off; empty where it has none."""
    if not seen:
        return ""
    w, h, x, y = (int(number) for number in seen.split(":"))
    x, w = _between_bars(x, w, width)
    y, h = _between_bars(y, h, height)
    if w < LEAST_KEPT * width or h < LEAST_KEPT * height:
        return ""
    barred = width - w >= LEAST_BAR * width or height - h >= LEAST_BAR * height
    return f"{w}:{h}:{x}:{y}" if barred else ""


def _between_bars(first: int, length: int, side: int) -> tuple[int, int]:
    """Where a picture begins and how long it is: bars are alike, so the broader one is dark picture."""
    after = side - length - first
    if abs(first - after) < LEAST_BAR * side:
        return first, length
    bar = min(first, after) // 2 * 2
    return bar, side - 2 * bar
