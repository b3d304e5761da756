"""Read any frames of a master as the picture that is shown.

One chain of filters makes it upright, progressive, without bars, of square pixels, 8-bit SDR 4:2:0
and of constant rate. Probes and encodes start from it, and VMAF compares with it: what the chain
changes is nobody's loss.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from jobs.encode.colours import is_rgb, named, to_sdr
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from pathlib import Path

    from jobs.encode.facts import Master

CONTAINERS = (
    "mov", "matroska", "mpegts", "mpeg", "avi", "mxf", "mxf_opatom", "ogg", "flv", "nut", "asf",
    "gxf", "dv", "yuv4mpegpipe", "ivf",
)  # fmt: skip
"""Only these are opened: a playlist or a script that is called .mp4 could make ffmpeg read other
files, and a picture or a text would count as a film of one frame."""
MOST_PIXELS = 8192 * 4320
SAFE = (
    "-protocol_whitelist", "file", "-format_whitelist", ",".join(CONTAINERS),
    "-max_pixels", str(MOST_PIXELS),
)  # fmt: skip
"""Words before each file that came from outside."""
FINDS_FRAMES = ("mov", "matroska", "mxf")
"""Containers with a table of keyframes; others are read from their start, slowly and rightly."""
RUN_UP = 34
"""Frames read before the first: a deinterlacer looks back, and up to 32 frames that are shown before the
keyframe of an open group follow it in an MP4, where a seek by decoding time meets it too early."""
SAME_SIZE = "scale=iw:ih"
"""It holds every frame to the size of the first, and those of it pass. Filters need that: idet read
beyond a frame that was smaller than the next, and every second call of ffmpeg crashed."""
TURNS = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}
MIRRORED_TURNS = {
    0: "vflip", 90: "transpose=cclock_flip", 180: "hflip", 270: "transpose=clock_flip",
}  # fmt: skip


class FramesLost(MarqueeError):
    """A step gave another number of frames than it was asked for."""

    def __init__(self, what: str, found: int, wanted: int) -> None:
        super().__init__(
            f"{what} gave {found:,} frames and {wanted:,} were due, so nothing of it counts: take "
            "the master in again, and report the file if the same comes back."
        )


def read(path: Path, master: Master, first: int = 0) -> list[str]:
    """Input words for ffmpeg: from the keyframe before the first frame, on the master's clock.

    Filters stay where the size of frames changes: `shown` brings each to that of the first.
    """
    words = ["-threads", "1", "-display_rotation", "0", "-reinit_filter", "0", "-copyts", *SAFE]
    if first > RUN_UP and master.container.startswith(FINDS_FRAMES):
        moment = Fraction(master.start) + (first - RUN_UP) / master.rate
        words += ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", f"{float(moment):.6f}"]
    return [*words, "-i", str(path)]


def shown(master: Master, first: int, frames: int) -> str:
    """Filters from what `read` decodes to these frames at the master's shown size, from time 0."""
    steps = [SAME_SIZE, f"setpts=PTS-({master.start})/TB"]
    if master.interlaced:
        steps += ["bwdif=mode=send_frame"]
    steps += [
        f"fps={master.fps}:eof_action=pass",
        f"trim=start_pts={first}:end_pts={first + frames}",
    ]
    steps += ["setpts=PTS-STARTPTS"]
    if master.crop:
        steps += [f"crop={master.crop}"]
    steps += [to_sdr(master)]
    sideways = master.rotation in (90, 270)
    size = (master.height, master.width) if sideways else (master.width, master.height)
    steps += [scaled(*size) + _range(master), "format=yuv420p", "setsar=1"]
    turns = MIRRORED_TURNS if master.mirrored else TURNS
    steps += [turns.get(master.rotation, ""), named(master)]
    return ",".join(step for step in steps if step)


def scaled(width: int, height: int) -> str:
    """The one way in which pictures are scaled, down to a rung and up to be compared."""
    return f"scale={width}:{height}:flags=bicubic"


def _range(master: Master) -> str:
    """Players expect studio range, and YUV made of RGB needs a matrix; all else stays as it is."""
    return ":out_range=tv" + (":out_color_matrix=bt709" if is_rgb(master) else "")
