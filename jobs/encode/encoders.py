"""Run an encoder over some frames of a master: one decode, one or several files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.encode.codecs import keyframe_words
from jobs.encode.packets import packets_of
from jobs.encode.picture import FramesLost, read, scaled, shown
from jobs.encode.tools import ffmpeg
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jobs.encode.codecs import Codec
    from jobs.encode.facts import Master, Shot
    from jobs.encode.packets import Packets
    from jobs.encode.tools import Ran

GOP_SECONDS = 2
SEGMENT_GOPS = 2
"""A segment is two groups, 4 s: each begins with a keyframe, in all renditions at the same frame."""
SAME_BYTES = ("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact")
"""No dates, names or program versions in a file."""


class Misaligned(MarqueeError):
    """An encoder did not put its keyframes where they were ordered."""

    def __init__(self, codec: str, missing: int) -> None:
        super().__init__(
            f"The {codec} encoder made no keyframe at frame {missing:,}, so segments would not line "
            "up with the other renditions and nothing was kept: mend the codec's declaration."
        )


def gop_of(master: Master) -> int:
    """Frames in a group of pictures: as near to two seconds as whole frames are."""
    return max(1, round(GOP_SECONDS * master.rate))


def keyframes(shots: Sequence[Shot], frames: int, gop: int) -> list[int]:
    """Frames that must be keyframes: the first of each group and of each shot."""
    return sorted({*range(0, frames, gop), *(shot.first_frame for shot in shots)})


def within(keys: Sequence[int], shot: Shot) -> list[int]:
    """The keyframes of one shot, counted from its own first frame, which is one of them."""
    inside = (key - shot.first_frame for key in keys)
    return sorted({0, *(key for key in inside if 0 < key < shot.frames)})


def encode_frames(
    crf_of: Mapping[Path, float],
    path: Path,
    master: Master,
    shot: Shot,
    size: tuple[int, int],
    codec: Codec,
    keys: Sequence[int],
    maxrate_kbps: float | None = None,
) -> Ran:
    """Encode the frames of a shot at one size into MP4 files, each with its CRF.

    `keys` count from the shot's first frame. What comes out is looked at by `checked`. Raises
    ToolFailed, ToolHung.
    """
    legs = [f"[v{number}]" for number in range(len(crf_of))]
    steps = [shown(master, shot.first_frame, shot.frames)]
    steps += [scaled(*size)] if size != master.size else []
    words = [
        "-filter_complex",
        f"[0:v:{master.track}]{','.join(steps)},split={len(legs)}{''.join(legs)}",
    ]
    for leg, (part, crf) in zip(legs, crf_of.items(), strict=True):
        words += ["-map", leg, *codec.words(crf, gop_of(master), maxrate_kbps)]
        words += [*keyframe_words(keys, float(master.rate)), "-fps_mode", "passthrough"]
        words += [*SAME_BYTES, "-flags:v", "+bitexact", "-f", "mp4", str(part)]
    return ffmpeg(
        "-v", "error", "-xerror", "-filter_complex_threads", "1",
        *read(path, master, shot.first_frame), *words,
    )  # fmt: skip


def checked(file: Path, codec: Codec, frames: int, keys: Sequence[int]) -> Packets:
    """The packets of an encoder's file; raises FramesLost and Misaligned."""
    packets = packets_of(file)
    if len(packets.bits) != frames:
        raise FramesLost(f"Encoding {codec.name}", len(packets.bits), frames)
    if missing := sorted(set(keys) - set(packets.keyframes)):
        raise Misaligned(codec.name, missing[0])
    return packets
