"""Read what a file's packets weigh and which are keyframes, without decoding any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.encode.tools import ffprobe

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PEAK_SECONDS = 2.0
"""The window of a peak: one group of pictures."""
PATIENCE_SECONDS = 1800.0
"""A disk may be slow: this reads a whole film."""


@dataclass(frozen=True)
class Packets:
    """The packets of one track, in the order in which they are shown."""

    bits: NDArray[np.int64]
    keyframes: tuple[int, ...]
    """Numbers of the packets that decode without others."""


def packets_of(path: Path, *safe: str, track: str = "v:0") -> Packets:
    """Of one track; `safe` are words that go before the file. Raises ToolFailed, ToolHung."""
    said = ffprobe(
        "-v", "error", *safe, "-select_streams", track,
        "-show_entries", "packet=pts,dts,size,flags", "-of", "csv=nokey=0:print_section=0", path,
        seconds=PATIENCE_SECONDS,
    ).stdout  # fmt: skip
    rows = []
    for number, line in enumerate(said.split()):
        row = dict(pair.split("=", 1) for pair in line.split(",") if "=" in pair)
        shown = next((int(row[k]) for k in ("pts", "dts") if row.get(k, "N/A") != "N/A"), number)
        rows.append((shown, int(row["size"]) * 8, "K" in row["flags"]))
    rows.sort(key=lambda row: row[0])
    keys = tuple(number for number, row in enumerate(rows) if row[2])
    return Packets(np.array([row[1] for row in rows], np.int64), keys)


def kbps(bits: NDArray[np.int64], fps: float) -> float:
    """The mean over all packets."""
    return float(bits.sum() * fps / len(bits) / 1000)


def peak_kbps(bits: NDArray[np.int64], fps: float) -> float:
    """The largest mean over any two seconds; a shorter track's own mean."""
    window = min(len(bits), max(1, round(PEAK_SECONDS * fps)))
    total = np.concatenate([[0], np.cumsum(bits)])
    return float((total[window:] - total[:-window]).max() * fps / window / 1000)
