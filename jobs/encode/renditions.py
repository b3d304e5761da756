"""Encode a rung of a ladder into one file, with one CRF or with one for each shot."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.encode.codecs import CODECS
from jobs.encode.encoders import (
    SAME_BYTES,
    checked,
    encode_frames,
    gop_of,
    keyframes,
    within,
)
from jobs.encode.facts import Shot
from jobs.encode.packets import kbps, peak_kbps
from jobs.encode.tools import ffmpeg, versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobs.encode.facts import Master, Rung
    from jobs.encode.packets import Packets
    from jobs.encode.tools import Ran
    from jobs.encode.workshop import Made, Workshop

LEAD_SECONDS = 1.0
"""Of the film before a shot, encoded with it and cut off: an encoder begins otherwise than it goes on.
Begun with the shot, x264 made the first keyframes of `action` a sixth smaller and what follows 2 to 3
VMAF worse, which cost 3 to 4.6 % of the rate at the same score; behind such a lead, .3 %."""


def encode(
    work: Workshop,
    path: Path,
    master: Master,
    shots: Sequence[Shot],
    rung: Rung,
    crfs: Mapping[int, float] | None = None,
) -> Made:
    """The MP4 of a rung; `crfs` gives each shot (by number) a CRF of its own.

    Facts: frames, kbps, peak_kbps, cpu_seconds; of shots with CRFs of their own also crfs
    and pieces, the files that were joined, in the order of shots. Raises Misaligned, FramesLost, ToolFailed,
    ToolHung and NoSpace.
    """
    keys = keyframes(shots, master.frames, gop_of(master))
    if crfs is None:
        return _made(work, path, master, Shot(0, 0, master.frames), rung, keys)
    lead = round(LEAD_SECONDS * master.rate)
    pieces = [
        _made(work, path, master, shot, replace(rung, crf=crfs[shot.number]), within(keys, shot),
              min(lead, shot.first_frame))
        for shot in shots
    ]  # fmt: skip
    return _joined(work, master, pieces, rung, keys)


def _made(
    work: Workshop, path: Path, master: Master, shot: Shot, rung: Rung, keys: Sequence[int],
    lead: int = 0,
) -> Made:  # fmt: skip
    """The frames of one shot, or of the whole title, at a rung's CRF; `lead` are frames before it."""
    codec, size = CODECS[rung.codec], (rung.width, rung.height)
    codec = codec.binding() if rung.fixed else codec
    crf, cap = codec.crf(rung.crf), round(rung.maxrate_kbps)
    recipe = {
        "master": asdict(master), "first": shot.first_frame, "frames": shot.frames, "size": size,
        "codec": codec.words(crf, gop_of(master), cap), "keys": list(keys), "tools": versions(),
    } | ({"lead": lead} if lead else {})  # fmt: skip

    longer = Shot(shot.number, shot.first_frame - lead, shot.frames + lead)
    all_keys = sorted({0, *(key + lead for key in keys)})

    def produce(part: Path) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "with-lead.mp4") if lead else part
            ran = encode_frames({file: crf}, path, master, longer, size, codec, all_keys, cap)
            if lead:
                _copied([file], part, lead / float(master.rate))
        packets = checked(part, codec, shot.frames, keys)
        return _facts(packets, master) | {"crf": crf, "cpu_seconds": ran.cpu_seconds}

    return work.make(f"video-{codec.name}-{rung.height}p", ".mp4", recipe, produce)


def _joined(
    work: Workshop, master: Master, pieces: Sequence[Made], rung: Rung, keys: Sequence[int]
) -> Made:
    """The shots' files one after the other, their packets untouched."""
    recipe = {"pieces": [piece.sha256 for piece in pieces], "tools": versions()}

    def produce(part: Path) -> dict[str, Any]:
        ran = _copied([piece.path for piece in pieces], part)
        packets = checked(part, CODECS[rung.codec], master.frames, keys)
        spent = ran.cpu_seconds + sum(piece.facts["cpu_seconds"] for piece in pieces)
        return _facts(packets, master) | {
            "crfs": [piece.facts["crf"] for piece in pieces],
            "pieces": [piece.path.name for piece in pieces],
            "cpu_seconds_of_pieces": [piece.facts["cpu_seconds"] for piece in pieces],
            "cpu_seconds": spent,
        }

    return work.make(f"video-{rung.codec}-{rung.height}p-joined", ".mp4", recipe, produce)


def _copied(files: Sequence[Path], part: Path, begins: float = 0.0) -> Ran:
    """The packets of files one after the other, each from its keyframe at that second on."""
    names = part.with_name(f"{part.name}.txt")  # behind its own name, so that a sweep finds it
    inpoint = f"inpoint {begins:.6f}\n" if begins else ""
    names.write_text("".join(f"file '{file.resolve()}'\n{inpoint}" for file in files))
    ran = ffmpeg(
        "-v", "error", "-xerror", "-f", "concat", "-safe", "0", "-i", names,
        "-map", "0:v:0", "-c", "copy", *SAME_BYTES, "-f", "mp4", part,
    )  # fmt: skip
    names.unlink()
    return ran


def _facts(packets: Packets, master: Master) -> dict[str, Any]:
    fps = float(master.rate)
    return {
        "frames": len(packets.bits),
        "kbps": kbps(packets.bits, fps),
        "peak_kbps": peak_kbps(packets.bits, fps),
    }
