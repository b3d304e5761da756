"""Decode a master once, whole, and keep what its frames say: times, cuts, bars, fields, weight."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.encode.picture import SAFE, SAME_SIZE
from jobs.encode.tools import ffmpeg
from lakehouse.faults import require_room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LOOKS_EVERY = 25
"""Frames between two looks for bars."""
RUN_EVERY, RUN = 250, 12
"""Fields are compared in runs of 12 frames out of 250: it costs as much as decoding."""
CUT_WIDTH = 320
"""Cuts show in a small picture as well as in the whole one."""
DARK = 24
"""Luma up to which a line counts as bar: studio black is 16, and bars are noisy."""


@dataclass(frozen=True)
class Scan:
    """What one pass over a master found."""

    ticks: NDArray[np.int64]
    """[decoded frames] When each is shown, in the track's time base."""
    cut_scores: NDArray[np.float64]
    """[decoded frames] How much each differs from the one before, 0 to 100 (scdet)."""
    interlaced: bool
    crop: str
    """The smallest crop, w:h:x:y, that keeps all that was ever seen; empty where nothing was."""
    cut_off: bool
    """Whether the demuxer met the end of the file where it was not due, which is no error to it."""
    cpu_seconds: float


CUT_OFF = re.compile(
    r"^(?!.*\bSEI\b).*(ended prematurely|partial file|truncat|past end of file)",
    re.IGNORECASE | re.MULTILINE,
)
"""A remark of an encoder (SEI) may be truncated, too, and costs no frame."""


def scan(path: Path, seconds: float, track: int = 0, heard: Sequence[int] = ()) -> Scan:
    """Decode a picture and these sound tracks to the end, each by its place among its kind.

    Raises ToolFailed at the first damage, ToolHung.
    """
    with tempfile.TemporaryDirectory() as folder:
        logs = {name: Path(folder, name) for name in ("cuts", "fields", "bars")}
        graph = (
            f"[0:v:{track}]{SAME_SIZE},split=3[a][b][c];"
            f"[a]scale={CUT_WIDTH}:-2:flags=fast_bilinear,scdet,{_kept(logs['cuts'])}[all];"
            f"[b]select='lt(mod(n,{RUN_EVERY}),{RUN})',idet,{_kept(logs['fields'])},nullsink;"
            f"[c]select='not(mod(n,{LOOKS_EVERY}))',"
            f"cropdetect=limit={DARK}:round=2:reset=0:skip=0,{_kept(logs['bars'])},nullsink"
        )
        sounds = [word for index in heard for word in ("-map", f"0:a:{index}")]
        ran = ffmpeg(
            "-v", "error", "-xerror", "-threads", "1", "-filter_complex_threads", "1",
            "-reinit_filter", "0", "-display_rotation", "0", "-copyts", *SAFE, "-i", path,
            "-filter_complex", graph, "-map", "[all]", *sounds,
            "-fps_mode", "passthrough", "-f", "null", "-",
            seconds=seconds,
        )  # fmt: skip
        require_room(folder)  # filters end a log early on a full disk and say nothing
        cuts, fields, bars = (_frames(log) for log in logs.values())
    return Scan(
        ticks=np.array([frame["pts"] for frame in cuts], np.int64),
        cut_scores=np.array([float(frame.get("scd.score", 0)) for frame in cuts]),
        interlaced=_fields(fields),
        crop=_crop(bars),
        cut_off=bool(CUT_OFF.search(ran.stderr)),
        cpu_seconds=ran.cpu_seconds,
    )


def _kept(log: Path) -> str:
    return f"metadata=mode=print:file={log}"


def _frames(log: Path) -> list[dict[str, Any]]:
    """A dictionary a frame, of its time and of what a filter said of it."""
    frames: list[dict[str, Any]] = []
    for line in log.read_text().splitlines() if log.exists() else []:
        if found := re.match(r"frame:\d+\s+pts:(-?\d+)", line):
            frames.append({"pts": int(found[1])})
        elif line.startswith("lavfi.") and frames:
            name, _, value = line.removeprefix("lavfi.").partition("=")
            frames[-1][name] = value
    return frames


def _fields(frames: Sequence[dict[str, Any]]) -> bool:
    """Whether more frames are woven of two moments than not, among those that could be told."""
    seen = Counter(frame.get("idet.multiple.current_frame") for frame in frames)
    return seen["tff"] + seen["bff"] > seen["progressive"]


def _crop(frames: Sequence[dict[str, Any]]) -> str:
    """cropdetect widens its box as it sees more, so its last word counts."""
    names = ("w", "h", "x", "y")
    said = [frame for frame in frames if all(f"cropdetect.{name}" in frame for name in names)]
    if not said:
        return ""
    w, h, x, y = (int(said[-1][f"cropdetect.{name}"]) for name in names)
    return f"{w}:{h}:{x}:{y}" if w > 0 and h > 0 else ""
