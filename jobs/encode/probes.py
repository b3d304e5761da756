"""Measure what shots cost and score at a few sizes and CRFs, as their final encode would.

The final preset is used: a faster one misses the final score by 7 points (seven clips).
One call decodes and scales the master once for all CRFs, another decodes it once to score them.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass, replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jobs.encode.encoders import checked, encode_frames, gop_of, keyframes, within
from jobs.encode.facts import Probe, Shot
from jobs.encode.renditions import LEAD_SECONDS
from jobs.encode.tools import versions
from jobs.encode.vmaf import MODEL, PROBE_SUBSAMPLE, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from jobs.encode.codecs import Codec
    from jobs.encode.facts import Master
    from jobs.encode.vmaf import Values
    from jobs.encode.workshop import Facts, Workshop

    Floats = NDArray[np.float64]


TAIL_SECONDS = 1.0
"""Of the film after a run, as LEAD_SECONDS before it: x264 looks ahead and spends less on what nothing
comes after. Over 16 windows of two seconds of a film, encoded alone they cost 11 % less than the same
frames out of the whole, behind the lead 7 %, and before such a tail, too, .7 %."""
MOST_MOVED = (0.25, 4.0)
"""A window counts for no less and no more of what it would if all counted alike."""


@dataclass(frozen=True)
class Sample:
    """The frames that are probed for a title, and what they speak for."""

    shots: tuple[Shot, ...]
    """All of them, or what of shots lies in the windows, numbered in order."""
    stands_for: dict[int, float]
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
    of the whole: alone, a shot of two seconds came out 0.7 VMAF lower (bikes, CRF 30). Shots that
    may get a CRF of their own are probed in such runs, too.
    """
    found: list[list[Shot]] = []
    for shot in shots:
        follows = found and found[-1][-1].first_frame + found[-1][-1].frames == shot.first_frame
        if follows and sum(each.frames for each in found[-1]) < frames:
            found[-1].append(shot)
        else:
            found.append([shot])
    return found


def keys_of(runs: Sequence[Sequence[Shot]], sizes: Sequence[tuple[int, int]]) -> list[str]:
    """The keys of all probes, one task each, such as 3-640x360: the run that begins with shot 3."""
    return [f"{run[0].number}-{width}x{height}" for run in runs for width, height in sizes]


def parse(key: str) -> tuple[int, tuple[int, int]]:
    """The number of the run's first shot, and the size, of a key."""
    number, _, size = key.partition("-")
    width, _, height = size.partition("x")
    return int(number), (int(width), int(height))


def sample(
    shots: Sequence[Shot],
    master_bits: Callable[[Sequence[Shot]], Sequence[float]],
    windows: int,
    window_frames: int,
) -> Sample:
    """So many windows, evenly over the title and wherever its cuts are, weighted to be as hard as it.

    Neighbours are alike, so that even steps miss by less than a draw of any kind; and what the
    master spends on a frame (`master_bits`) is known of all of them and close to what we will spend,
    so that the windows count for more or less until it is in them what it is in the title (the
    regression estimator of surveys: Särndal, Swensson and Wretman, 1992, chapter 6). A film of ten
    minutes at 640x360 and CRF 30 is met by 32 windows of two seconds within .5 VMAF and 2.4 % of the
    rate (rms over where they begin), by as many frames out of strata of equal hardness within 1.1 and
    5.6 %. Windows of whole groups begin with a keyframe, as they do in the final encode. All frames
    are taken where the windows would be half of them.
    """
    total = sum(shot.frames for shot in shots)
    if windows * window_frames >= total / 2:
        return whole(shots)
    firsts = range(0, total - window_frames + 1, window_frames)
    every = [Shot(number, first, window_frames) for number, first in enumerate(firsts)]
    every[-1] = replace(every[-1], frames=total - firsts[-1])
    bits = np.array(master_bits(every))
    film = float(np.average(bits, weights=[window.frames for window in every]))
    chosen = [ceil((place + 0.5) * len(every) / windows) - 1 for place in range(windows)]
    weights = _calibrated(bits[chosen], film)
    drawn = float(np.mean(weights * bits[chosen]))
    speaks = {
        n: weight * total / windows for n, weight in zip(chosen, weights.tolist(), strict=True)
    }
    parts = [(n, part) for n in chosen for part in _parts(every[n], shots)]
    return Sample(
        tuple(replace(part, number=number) for number, (_, part) in enumerate(parts)),
        {k: speaks[n] * part.frames / every[n].frames for k, (n, part) in enumerate(parts)},
        sum(part.frames for _, part in parts) / total,
        drawn / film - 1 if film else 0.0,
    )


def margins(run: Sequence[Shot], master: Master) -> tuple[int, int]:
    """The frames before and after a run that are encoded with it and not counted."""
    lead, tail = round(LEAD_SECONDS * master.rate), round(TAIL_SECONDS * master.rate)
    after = run[-1].first_frame + run[-1].frames
    return min(lead, run[0].first_frame), min(tail, master.frames - after)


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
    have in them, between margins that are not counted. Raises FramesLost, Misaligned, ToolFailed,
    ToolHung.
    """
    wanted = [codec.crf(crf) for crf in crfs or codec.probe_crfs]
    recipe = {
        "master": asdict(master), "run": [asdict(shot) for shot in run], "size": size,
        "codec": [codec.words(crf, gop_of(master)) for crf in wanted],
        "model": MODEL, "subsample": PROBE_SUBSAMPLE, "tools": versions(),
    }  # fmt: skip
    if any(margins(run, master)):
        recipe["margins"] = margins(run, master)

    def produce(part: Path) -> Facts:
        found = _probed(path, master, run, size, codec, wanted)
        part.write_text(json.dumps([asdict(each) for each in found], indent=0) + "\n")
        return {"cpu_seconds": sum(each.cpu_seconds for each in found)}

    name = f"probe-{codec.name}-{run[0].number}-{size[0]}x{size[1]}"
    made = work.make(name, ".json", recipe, produce)
    return [Probe(**row) for row in json.loads(made.path.read_text())]


def _probed(
    path: Path, master: Master, run: Sequence[Shot], size: tuple[int, int], codec: Codec,
    crfs: Sequence[float],
) -> list[Probe]:  # fmt: skip
    """The probes of a run at a size."""
    first, frames = run[0].first_frame, sum(shot.frames for shot in run)
    lead, tail = margins(run, master)
    longer = Shot(run[0].number, first - lead, lead + frames + tail)
    keys = within([*keyframes(run, master.frames, gop_of(master)), first + frames], longer)
    with tempfile.TemporaryDirectory() as folder:
        files = {Path(folder, f"{crf:g}.mp4"): crf for crf in crfs}
        ran = encode_frames(files, path, master, longer, size, codec, keys)
        packets = [checked(file, codec, longer.frames, keys) for file in files]
        bits = [each.bits[lead : lead + frames] for each in packets]
        scores, scoring = compare(path, master, first, frames, list(files), PROBE_SUBSAMPLE, lead)
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
    return probes


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


def _calibrated(bits: Floats, mean: float) -> Floats:
    """[windows] weights of mean 1 that bring the mean of the bits to this one, or as near as they may."""
    off = bits - bits.mean()
    spread = float(np.mean(off**2))
    if spread <= (1e-6 * bits.mean()) ** 2:  # nothing to weigh one against another by
        return np.ones(len(bits))
    moved = (mean - bits.mean()) * off / spread
    least, most = MOST_MOVED
    room = [(least - 1) / moved.min()] if moved.min() < 0 else []
    room += [(most - 1) / moved.max()] if moved.max() > 0 else []
    return np.asarray(1 + min([1.0, *room]) * moved)
