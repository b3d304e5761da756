"""Measure what shots cost and score at a few sizes and CRFs, as their final encode would.

The final preset is used: a faster one misses the final score by 7 points (encode.md, section 2).
One call decodes and scales the master once for all CRFs, another decodes it once to score them.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jobs.encode.encoders import checked, encode_frames, gop_of, keyframes, within
from jobs.encode.facts import Probe, Shot
from jobs.encode.tools import versions
from jobs.encode.vmaf import MODEL, PROBE_SUBSAMPLE, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobs.encode.codecs import Codec
    from jobs.encode.facts import Master
    from jobs.encode.vmaf import Values
    from jobs.encode.workshop import Facts, Workshop


@dataclass(frozen=True)
class Sample:
    """The frames that are probed for a title, and what they speak for."""

    shots: tuple[Shot, ...]
    """All of them, or what of shots lies in the windows, numbered in order."""
    stands_for: dict[int, int]
    """Number to how many frames of the title its probes speak for: together for all of them."""
    share: float
    """Of the title's frames."""
    bias: float
    """By how much the master spends more on a frame of the sample, each counted for as many as it
    speaks for, than on any of the title: 0.1 is 10 % harder."""


def whole(shots: Sequence[Shot]) -> Sample:
    """All frames, each for itself."""
    return Sample(tuple(shots), {shot.number: shot.frames for shot in shots}, 1.0, 0.0)


def runs(shots: Sequence[Shot], frames: int) -> list[list[Shot]]:
    """Consecutive shots together, each run ending with the shot that brings it to `frames`.

    A run is probed in one go, so that the encoder comes to each shot as it does in the final encode
    of the whole: alone, a shot of two seconds came out 0.7 VMAF lower (bikes, CRF 30). Where each
    shot gets a CRF of its own it is encoded alone in the end too, so each is then its own run.
    """
    found: list[list[Shot]] = []
    for shot in shots:
        follows = found and found[-1][-1].first_frame + found[-1][-1].frames == shot.first_frame
        if follows and sum(each.frames for each in found[-1]) < frames:
            found[-1].append(shot)
        else:
            found.append([shot])
    return found


def plan(runs: Sequence[Sequence[Shot]], sizes: Sequence[tuple[int, int]]) -> list[str]:
    """The keys of all probes, one task each, such as 3-640x360: the run that begins with shot 3."""
    return [f"{run[0].number}-{width}x{height}" for run in runs for width, height in sizes]


def parse(key: str) -> tuple[int, tuple[int, int]]:
    """The number of the run's first shot, and the size, of a key of `plan`."""
    number, _, size = key.partition("-")
    width, _, height = size.partition("x")
    return int(number), (int(width), int(height))


def sample(
    shots: Sequence[Shot],
    master_bits: Callable[[Sequence[Shot]], Sequence[float]],
    windows: int,
    window_frames: int,
) -> Sample:
    """So many windows of the title, one of each stratum of equally hard frames.

    The title is cut into windows of equal length, wherever its cuts are, so that a long shot counts
    by what is in it. They are ranked by what the master spends on a frame (`master_bits`), and the
    ranks cut into strata of equal numbers of frames; the window at the middle of each is taken and
    speaks for the whole of it. Windows of whole segments begin with a keyframe, as they do in the
    final encode. All frames are taken where the windows would be half of them.
    """
    total = sum(shot.frames for shot in shots)
    if windows * window_frames >= total / 2:
        return whole(shots)
    every = [
        Shot(number, first, min(window_frames, total - first))
        for number, first in enumerate(range(0, total, window_frames))
    ]
    bits = master_bits(every)
    ranks = sorted(range(len(every)), key=lambda n: (bits[n], n))
    ends = np.cumsum([every[n].frames for n in ranks])
    middles = (np.arange(windows) + 0.5) * total / windows
    chosen = [ranks[int(place)] for place in np.searchsorted(ends, middles, side="right")]
    strata = dict(zip(chosen, _shares(total, [1] * windows), strict=True))
    parts = [(part, n) for n in sorted(chosen) for part in _parts(every[n], shots)]
    taken = tuple(Shot(number, p.first_frame, p.frames) for number, (p, _) in enumerate(parts))
    speaks: list[int] = []
    for n in sorted(chosen):
        speaks += _shares(strata[n], [part.frames for part, window in parts if window == n])
    film = np.average(bits, weights=[window.frames for window in every])
    drawn = np.average([bits[n] for n in strata], weights=list(strata.values()))
    return Sample(
        taken,
        dict(enumerate(speaks)),
        sum(part.frames for part in taken) / total,
        float(drawn / film - 1) if film else 0.0,
    )


def probe(
    work: Workshop,
    path: Path,
    master: Master,
    run: Sequence[Shot],
    size: tuple[int, int],
    codec: Codec,
    crfs: Sequence[float] | None = None,
) -> list[Probe]:
    """One probe a shot and CRF, of the codec's own CRFs unless some are given.

    The run's shots follow each other and are encoded with the keyframes that the final encode will
    have in them. Raises FramesLost, Misaligned, ToolFailed, ToolHung.
    """
    wanted = [codec.crf(crf) for crf in crfs or codec.probe_crfs]
    recipe = {
        "master": asdict(master), "run": [asdict(shot) for shot in run], "size": size,
        "codec": [codec.words(crf, gop_of(master)) for crf in wanted],
        "model": MODEL, "subsample": PROBE_SUBSAMPLE, "tools": versions(),
    }  # fmt: skip

    def produce(part: Path) -> Facts:
        found, command = _probed(path, master, run, size, codec, wanted)
        part.write_text(json.dumps([asdict(each) for each in found], indent=0) + "\n")
        return {"command": command, "cpu_seconds": sum(each.cpu_seconds for each in found)}

    name = f"probe-{codec.name}-{run[0].number}-{size[0]}x{size[1]}"
    made = work.make(name, ".json", recipe, produce)
    return [Probe(**row) for row in json.loads(made.path.read_text())]


def _probed(
    path: Path, master: Master, run: Sequence[Shot], size: tuple[int, int], codec: Codec,
    crfs: Sequence[float],
) -> tuple[list[Probe], list[str]]:  # fmt: skip
    """The probes of a run at a size, and the words of the encoding command."""
    first, frames = run[0].first_frame, sum(shot.frames for shot in run)
    whole = Shot(run[0].number, first, frames)
    keys = within(keyframes(run, master.frames, gop_of(master)), whole)
    with tempfile.TemporaryDirectory() as folder:
        files = {Path(folder, f"{crf:g}.mp4"): crf for crf in crfs}
        ran = encode_frames(files, path, master, whole, size, codec, keys)
        bits = [checked(file, codec, frames, keys).bits for file in files]
        scores, scoring = compare(path, master, first, frames, list(files), PROBE_SUBSAMPLE)
    second = (ran.cpu_seconds + scoring.cpu_seconds) / len(crfs) / frames
    probes = []
    for shot in run:
        begins = shot.first_frame - first
        own = slice(begins, begins + shot.frames)
        for crf, weights, values in zip(crfs, bits, scores, strict=True):
            mean = float(_scored(values, begins, shot.frames).mean())
            probes.append(
                Probe(codec.name, shot.number, *size, crf, int(weights[own].sum()), shot.frames,
                      mean, second * shot.frames)
            )  # fmt: skip
    return probes, list(ran.command)


def _scored(values: Values, begins: int, frames: int) -> Values:
    """The scored frames of a shot: none of another shot's, which may score 20 points apart."""
    inside = values[-(-begins // PROBE_SUBSAMPLE) : -(-(begins + frames) // PROBE_SUBSAMPLE)]
    nearest = begins // PROBE_SUBSAMPLE  # for a shot of one or two frames
    return inside if len(inside) else values[nearest : nearest + 1]


def _parts(window: Shot, shots: Sequence[Shot]) -> list[Shot]:
    """What of each shot lies in a window, by the shot's number."""
    end = window.first_frame + window.frames
    parts = []
    for shot in shots:
        first = max(shot.first_frame, window.first_frame)
        frames = min(shot.first_frame + shot.frames, end) - first
        if frames > 0:
            parts.append(Shot(shot.number, first, frames))
    return parts


def _shares(total: int, weights: Sequence[int]) -> list[int]:
    """Whole numbers that add up to the total, as near to the weights' proportion as they can be."""
    ends = [total * int(end) // sum(weights) for end in np.cumsum(weights)]
    return [int(share) for share in np.diff([0, *ends])]
