"""Score a rendition against its master at the master's shown size, frame by frame.

Both legs are laid on one frame count and the rendition comes first: one frame late costs 30 points,
swapped inputs 10 (a scene of action at 640x360). Renditions are scaled up bicubic, as a player does.
"""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jobs.encode.facts import Score
from jobs.encode.picture import FramesLost, read, scaled, shown
from jobs.encode.tools import ffmpeg, versions
from jobs.encode.workshop import sha256_of
from lakehouse.faults import require_room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jobs.encode.facts import Master, Shot
    from jobs.encode.tools import Ran
    from jobs.encode.workshop import Facts, Made, Workshop

    Values = NDArray[np.float32]

MODEL = "vmaf_v0.6.1"
PROBE_SUBSAMPLE = 3
"""Every third frame: odd, since even strides keep meeting the better B-frames."""


def measure(work: Workshop, path: Path, master: Master, rendition: Path) -> Made:
    """The file of VMAF per frame (npy, float32); its facts say what it took. Raises FramesLost."""
    recipe = {
        "master": master.sha256, "rendition": sha256_of(rendition), "model": MODEL,
        "subsample": 1, "tools": versions(),
    }  # fmt: skip

    def produce(part: Path) -> Facts:
        (values,), ran = compare(path, master, 0, master.frames, [rendition], 1)
        with part.open("wb") as out:
            np.save(out, values)
        return {"cpu_seconds": ran.cpu_seconds, "model": MODEL}

    return work.make("vmaf", ".npy", recipe, produce)


def per_frame(made: Made) -> Values:
    """[frames] What `measure` kept."""
    values: Values = np.load(made.path)
    return values


def compare(
    path: Path,
    master: Master,
    first: int,
    frames: int,
    renditions: Sequence[Path],
    subsample: int,
    lead: int | None = None,
) -> tuple[list[Values], Ran]:
    """VMAF of each rendition of the same frames; the master is decoded once for all of them.

    Where renditions are longer, they have `lead` frames before these.
    Gives an array [ceil(frames / subsample)] each. Raises FramesLost, ToolFailed, ToolHung.
    """
    files = [word for file in renditions for word in ("-threads", "1", "-i", str(file))]
    with tempfile.TemporaryDirectory() as folder:
        logs = [Path(folder, f"{number}.csv") for number in range(len(renditions))]
        ran = ffmpeg(
            "-v", "error", "-xerror", "-filter_complex_threads", "1", *files,
            *read(path, master, first),
            "-filter_complex", _graph(master, first, frames, logs, subsample, lead),
            "-map", "[out]", "-f", "null", "-",
        )  # fmt: skip
        require_room(folder)  # libvmaf ends a log early on a full disk and says nothing
        found = [_read_log(log) for log in logs]
    due = -(-frames // subsample)
    for file, values in zip(renditions, found, strict=True):
        if len(values) != due:
            raise FramesLost(f"Scoring {file.name}", len(values), due)
    return found, ran


def scored(values: Values, shots: Sequence[Shot], master: Master) -> Score:
    """Mean, harmonic mean, first percentile and worst shot of [frames] VMAF."""
    means = of_shots(values, shots)
    worst = min(means, key=lambda number: means[number])
    return Score(
        mean=float(values.mean(dtype=np.float64)),
        harmonic=harmonic(values),
        p1=float(np.percentile(values, 1)),
        worst_shot=means[worst],
        worst_shot_number=worst,
        shots=len(shots),
        frames=len(values),
        model=MODEL,
        width=master.width,
        height=master.height,
    )


def of_shots(values: Values, shots: Sequence[Shot]) -> dict[int, float]:
    """Shot to the mean of its frames of [frames] VMAF."""
    return {
        shot.number: float(values[shot.first_frame : shot.first_frame + shot.frames].mean())
        for shot in shots
    }


def harmonic(values: Values) -> float:
    """libvmaf's own: of values plus one, since a frame may score 0."""
    return float(1 / np.mean(1 / (values.astype(np.float64) + 1)) - 1)


def _graph(
    master: Master, first: int, frames: int, logs: Sequence[Path], subsample: int, lead: int | None
) -> str:
    """One leg a rendition, each against a copy of the master's."""
    count = len(logs)
    copies = "".join(f"[m{n}]" for n in range(count))
    parts = [f"[{count}:v:{master.track}]{shown(master, first, frames)},split={count}{copies}"]
    cut = "" if lead is None else f"trim=start_frame={lead}:end_frame={lead + frames},"
    for n, log in enumerate(logs):
        scale = scaled(*master.size)
        parts.append(f"[{n}:v:0]{cut}settb=1/({master.fps}),setpts=N,{scale},format=yuv420p[d{n}]")
        end = "[out]" if n == 0 else ",nullsink"
        parts.append(
            f"[d{n}][m{n}]libvmaf=model=version={MODEL}:n_subsample={subsample}:n_threads=1:"
            f"log_fmt=csv:log_path={log}:shortest=1:repeatlast=0{end}"
        )
    return ";".join(parts)


def _read_log(log: Path) -> Values:
    with log.open(newline="") as stream:
        return np.array([float(row["vmaf"]) for row in csv.DictReader(stream)], np.float32)
