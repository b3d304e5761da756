"""Encode a rung of a ladder into one file, with one CRF or with one for each shot."""

from __future__ import annotations

from dataclasses import asdict, replace
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
    from pathlib import Path

    from jobs.encode.facts import Master, Rung
    from jobs.encode.packets import Packets
    from jobs.encode.workshop import Made, Workshop


def encode(
    work: Workshop,
    path: Path,
    master: Master,
    shots: Sequence[Shot],
    rung: Rung,
    crfs: Mapping[int, float] | None = None,
) -> Made:
    """The MP4 of a rung; `crfs` gives each shot (by number) a CRF of its own.

    Facts: frames, kbps, peak_kbps, cpu_seconds, command; of shots with CRFs of their own also crfs
    and pieces, the files that were joined, in the order of shots. Raises Misaligned, FramesLost, ToolFailed,
    ToolHung and NoSpace.
    """
    keys = keyframes(shots, master.frames, gop_of(master))
    if crfs is None:
        return _made(work, path, master, Shot(0, 0, master.frames), rung, keys)
    pieces = [
        _made(work, path, master, shot, replace(rung, crf=crfs[shot.number]), within(keys, shot))
        for shot in shots
    ]
    return _joined(work, master, pieces, rung, keys)


def _made(
    work: Workshop, path: Path, master: Master, shot: Shot, rung: Rung, keys: Sequence[int]
) -> Made:
    """The frames of one shot, or of the whole title, at a rung's CRF."""
    codec, size = CODECS[rung.codec], (rung.width, rung.height)
    codec = codec.binding() if rung.fixed else codec
    crf, cap = codec.crf(rung.crf), round(rung.maxrate_kbps)
    recipe = {
        "master": asdict(master), "first": shot.first_frame, "frames": shot.frames, "size": size,
        "codec": codec.words(crf, gop_of(master), cap), "keys": list(keys), "tools": versions(),
    }  # fmt: skip

    def produce(part: Path) -> dict[str, Any]:
        ran = encode_frames({part: crf}, path, master, shot, size, codec, keys, cap)
        packets = checked(part, codec, shot.frames, keys)
        return _facts(packets, master) | {
            "crf": crf, "cpu_seconds": ran.cpu_seconds, "command": list(ran.command)
        }  # fmt: skip

    return work.make(f"video-{codec.name}-{rung.height}p", ".mp4", recipe, produce)


def _joined(
    work: Workshop, master: Master, pieces: Sequence[Made], rung: Rung, keys: Sequence[int]
) -> Made:
    """The shots' files one after the other, their packets untouched."""
    recipe = {"pieces": [piece.sha256 for piece in pieces], "tools": versions()}

    def produce(part: Path) -> dict[str, Any]:
        names = part.with_suffix(".txt")
        names.write_text("".join(f"file '{piece.path.resolve()}'\n" for piece in pieces))
        ran = ffmpeg(
            "-v", "error", "-xerror", "-f", "concat", "-safe", "0", "-i", names,
            "-map", "0:v:0", "-c", "copy", *SAME_BYTES, "-f", "mp4", part,
        )  # fmt: skip
        names.unlink()
        packets = checked(part, CODECS[rung.codec], master.frames, keys)
        spent = ran.cpu_seconds + sum(piece.facts["cpu_seconds"] for piece in pieces)
        return _facts(packets, master) | {
            "crfs": [piece.facts["crf"] for piece in pieces],
            "pieces": [piece.path.name for piece in pieces],
            "cpu_seconds": spent, "command": list(ran.command),
        }  # fmt: skip

    return work.make(f"video-{rung.codec}-{rung.height}p-joined", ".mp4", recipe, produce)


def _facts(packets: Packets, master: Master) -> dict[str, Any]:
    fps = float(master.rate)
    return {
        "frames": len(packets.bits),
        "kbps": kbps(packets.bits, fps),
        "peak_kbps": peak_kbps(packets.bits, fps),
    }
