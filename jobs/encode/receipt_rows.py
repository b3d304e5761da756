"""Say each part of a receipt: rungs, shots, sound, the fixed ladder beside, what was probed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jobs.encode.ladder.fixed import foreseen
from jobs.encode.ladder.front import front, points
from jobs.encode.sizes import lines_of
from jobs.encode.vmaf import of_shots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from jobs.encode.facts import Rendition, Shot
    from jobs.encode.probes import Sample
    from jobs.encode.production import Production
    from jobs.encode.tracks import Sound
    from jobs.encode.worst_frames import WorstFrame

Json = dict[str, Any]
FIXED_CODEC = "h264"
"""Of the fixed ladder."""


def fronts(production: Production) -> list[Json]:
    """The best that all sizes of each codec can do, cheapest first."""
    return [
        {"codec": codec, "width": one.size[0], "height": one.size[1], "crf": one.crf,
         "kbps": one.kbps, "vmaf": one.vmaf}
        for codec, curves in production.curves.items()
        for one in front(points(curves))
    ]  # fmt: skip


def fixed(production: Production) -> list[Json]:
    """What the ladder that every title gets alike would give; none without probes in its codec."""
    curves = production.curves.get(FIXED_CODEC)
    return [
        {"name": f"{lines_of(one.rung.width, one.rung.height)}p-{one.rung.kbps:g}k", "width": one.rung.width,
         "height": one.rung.height, "kbps": one.rung.kbps, "vmaf": one.vmaf, "within": one.within}
        for one in (foreseen(production.master.size, curves) if curves else ())
    ]  # fmt: skip


def sample(taken: Sample, fps: float) -> Json:
    """What was probed and, where that is not all, which windows and what each speaks for."""
    parts = taken.shots if taken.share < 1 else ()
    return {
        "share": taken.share, "bias": taken.bias,
        "windows": [
            {"number": one.number, "first_second": one.first_frame / fps,
             "seconds": one.frames / fps, "speaks_for_seconds": taken.stands_for[one.number] / fps}
            for one in parts
        ],
    }  # fmt: skip


def rung(
    production: Production, one: Rendition, reasons: Sequence[str], worst: Sequence[WorstFrame]
) -> Json:
    """How a rung was chosen, what was promised, what came, in which tries, of which files."""
    chosen, score = one.rung, one.score
    asked = production.work.asked
    return {
        "name": chosen.name, "codec": chosen.codec, "width": chosen.width,
        "height": chosen.height, "crf": chosen.crf, "kbps_predicted": chosen.kbps,
        "kbps": one.kbps, "kbps_peak": one.peak_kbps, "maxrate_kbps": chosen.maxrate_kbps,
        "vmaf_predicted": None if chosen.fixed else chosen.vmaf, "vmaf": score.mean, "harmonic": score.harmonic,
        "p1": score.p1, "worst_shot": score.worst_shot,
        "worst_shot_number": score.worst_shot_number, "vmaf_model": score.model,
        "vmaf_size": [score.width, score.height], "sha256": one.sha256, "file": one.file,
        # in the order of shots, where each has a CRF of its own
        "crf_of_shots": asked[one.file].facts.get("crfs"),
        "attempts": [asdict(attempt) for attempt in one.attempts],
        "calmed": list(one.calmed),
        "files": [
            file for tried in one.attempts
            for file in (tried.file, *asked[tried.file].facts.get("pieces", ()))
        ],
        "worst_frame": min(worst, key=lambda frame: frame.vmaf).told if worst else None,
        "ships": not reasons, "reason": "; ".join(reasons), "cpu_seconds": one.cpu_seconds,
    }  # fmt: skip


def shots(
    shots: Sequence[Shot], fps: float, values: NDArray[Any], worst: Sequence[WorstFrame]
) -> list[Json]:
    """Each shot, and what it scores in a rendition: [frames] VMAF, and the worst frame of each."""
    means = of_shots(values, shots)
    return [
        {
            "number": shot.number, "first_second": shot.first_frame / fps,
            "seconds": shot.frames / fps,
            "vmaf": means[shot.number],
            "worst_frame": frame.told,
        }
        for shot, frame in zip(shots, worst, strict=True)
    ]  # fmt: skip


def sound(one: Sound) -> Json:
    """How a track was brought to its loudness."""
    heard: Mapping[str, Any] = one.made.facts["loudness"]
    return {
        "name": one.stream.name, "language": one.stream.language, "channels": one.channels,
        "loudness": _level(heard["integrated"]), "peak": _level(heard["true_peak"]), "range": heard["range"],
        "measured": heard["measured"], "how": heard["normalization"], "why": heard["why"],
        "kbps": one.made.facts["kbps"], "file": one.made.path.name,
    }  # fmt: skip


def _level(noted: float | str) -> float | None:
    """A level of a note; None for that of silence, which is noted as a word."""
    return None if isinstance(noted, str) else noted
