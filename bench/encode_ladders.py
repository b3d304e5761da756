"""Encode and score the fixed ladder and ours of one master, each file once, two at a time."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from jobs.encode import renditions, vmaf
from jobs.encode.codecs import BUFFER_SECONDS
from jobs.encode.encoders import SAME_BYTES, gop_of
from jobs.encode.ladder.bd_rate import bd_rate
from jobs.encode.ladder.errors import NotComparable
from jobs.encode.ladder.fixed import MAXRATE, FixedRung, fixed_ladder
from jobs.encode.packets import kbps, packets_of
from jobs.encode.picture import read, scaled, shown
from jobs.encode.tools import ffmpeg, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobs.encode.facts import Rung
    from jobs.encode.production import Production
    from jobs.encode.workshop import Facts, Made

Answer = TypeVar("Answer")
AT_ONCE = 2
"""Encoders: each takes one core."""


@dataclass(frozen=True)
class Measured:
    """A ladder as it came out."""

    rungs: tuple[tuple[float, float], ...]
    """kb/s and mean VMAF over every frame, lowest first."""
    lines: tuple[int, ...]
    """Of the picture of each rung."""
    probing: float
    """CPU-seconds; of the fixed ladder none."""
    making: float
    """CPU-seconds of encoding and of scoring every frame, second tries included."""
    misses: tuple[float, ...] = ()
    """Achieved less predicted VMAF of each rung as it was first encoded."""

    @property
    def kbps(self) -> float:
        """Of all rungs together."""
        return sum(rate for rate, _ in self.rungs)

    @property
    def cpu_seconds(self) -> float:
        """Of everything."""
        return self.probing + self.making


@dataclass(frozen=True)
class Compared:
    """Both ladders of one master."""

    name: str
    seconds: float
    fixed: Measured
    ours: Measured

    @property
    def bd_rate(self) -> float:
        """Percent; nan where their ranges of VMAF do not meet."""
        try:
            return bd_rate(self.fixed.rungs, self.ours.rungs)
        except NotComparable:
            return float("nan")


def together(work: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Do some things, two at a time; their answers in order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda do: do(), work))


def compared(name: str, production: Production) -> Compared:
    """Both ladders of one master, the fixed one first."""
    fixed = fixed_of(production)
    return Compared(name, production.master.seconds, fixed, ours_of(production))


def ours_of(production: Production) -> Measured:
    """The title's own ladder in the first codec that was ordered."""
    together([partial(production.probe, key) for key in production.probe_keys()])
    done = together([partial(production.rendition, one.name) for one in production.ladder])
    return Measured(
        tuple((one.kbps, one.score.mean) for one in done),
        tuple(one.rung.height for one in done),
        sum(one.cpu_seconds for told in production.probed.values() for one in told),
        sum(one.cpu_seconds for one in done),
        tuple(_mean(production, first(production, one)) - one.vmaf for one in production.ladder),
    )


def fixed_of(production: Production) -> Measured:
    """The ladder that every title gets alike."""
    size = production.master.size
    ladder = fixed_ladder(size)
    files = together([partial(two_passes, production, rung) for rung in ladder])
    means = together([partial(_mean, production, made) for made in files])
    gate = sum(_scores(production, made).facts["cpu_seconds"] for made in files)
    return Measured(
        tuple((made.facts["kbps"], mean) for made, mean in zip(files, means, strict=True)),
        tuple(rung.height for rung in ladder),
        0.0,
        gate + sum(made.facts["cpu_seconds"] for made in files),
    )


def filled(production: Production, one: Compared) -> float:
    """BD-rate where the fixed ladder also has rungs of its kind at our rates and sizes.

    Between two distant rungs of a small master pchip draws nearly a line, below what two passes
    really cost there.
    """
    more = [
        FixedRung(rung.width, rung.height, round(rate), MAXRATE * round(rate))
        for rung, (rate, _) in zip(production.ladder[1:], one.ours.rungs[1:], strict=True)
    ]
    files = together([partial(two_passes, production, rung) for rung in more])
    points = [(made.facts["kbps"], _mean(production, made)) for made in files]
    return bd_rate([*one.fixed.rungs, *points], one.ours.rungs)


def first(production: Production, rung: Rung) -> Made:
    """The rung as it was encoded at first, before any second try."""
    return renditions.encode(
        production.work, production.path, production.master, production.shots, rung,
        production.crfs.get(rung.name),
    )  # fmt: skip


def two_passes(production: Production, rung: FixedRung) -> Made:
    """A rung of the fixed ladder; facts: kbps and cpu_seconds of both passes."""
    master, path = production.master, production.path
    gop = str(gop_of(master))
    rate = f"{rung.kbps:g}k", f"{rung.maxrate_kbps:g}k", f"{rung.maxrate_kbps * BUFFER_SECONDS:g}k"
    words = [
        "-c:v", "libx264", "-preset", "medium", "-threads", "1", "-g", gop, "-keyint_min", gop,
        "-sc_threshold", "0", "-b:v", rate[0], "-maxrate", rate[1], "-bufsize", rate[2],
    ]  # fmt: skip
    size = rung.width, rung.height
    recipe = {"master": asdict(master), "size": size, "words": words, "tools": versions()}

    def produce(part: Path) -> Facts:
        steps = f"{shown(master, 0, master.frames)},{scaled(*size)}"
        spent = 0.0
        with tempfile.TemporaryDirectory() as folder:
            for number, out in ((1, ["-f", "null", "-"]), (2, [*SAME_BYTES, "-f", "mp4", part])):
                spent += ffmpeg(
                    "-v", "error", "-xerror", "-filter_complex_threads", "1", *read(path, master),
                    "-filter_complex", f"[0:v:0]{steps}[v]", "-map", "[v]", *words,
                    "-pass", str(number), "-passlogfile", Path(folder, "pass"),
                    "-fps_mode", "passthrough", *out,
                ).cpu_seconds  # fmt: skip
        bits = packets_of(part).bits
        return {"kbps": kbps(bits, float(master.rate)), "cpu_seconds": spent}

    return production.work.make(f"fixed-{rung.height}p", ".mp4", recipe, produce)


def _scores(production: Production, made: Made) -> Made:
    return vmaf.measure(production.work, production.path, production.master, made.path)


def _mean(production: Production, made: Made) -> float:
    return float(vmaf.per_frame(_scores(production, made)).mean(dtype="float64"))
