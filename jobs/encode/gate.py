"""Decide what ships: each rendition by its own score, the ladder as a whole, the sound by loudness.

Everything here is arithmetic over scores; an empty tuple of reasons means that it may ship.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.encode.loudness import TARGET_LUFS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobs.encode.codecs import Codec
    from jobs.encode.facts import Probe, Rendition, Rung, Score

BEST = 102.0
"""log(102 - VMAF) is nearly straight over CRF where VMAF itself bends (encode.md, section 2)."""
STEEPNESS = (0.02, 0.3)
"""Bounds of how fast it rises a CRF step: x264 lies at .05 to .16, AV1 at .04; others are noise."""
AIM_ABOVE = 0.3
"""A retry aims this far above the target, since just below it fails."""
TRIES = 3


@dataclass(frozen=True)
class Limits:
    """How far a rendition may be from what was predicted, and its parts from its mean.

    A spread is allowed that grows with the loss (100 - mean): twelve measured renditions of a fixed
    ladder, from VMAF 18 to 99.9, keep within it, and a broken second of a film does not.
    """

    below_target: float = 0.0
    above_target: float = 0.95
    """A top rung outside of these is encoded once more (encode.md)."""
    below_predicted: float = 3.0
    p1_below_mean: tuple[float, float] = (10.0, 0.6)
    """What is allowed at no loss, and how much more a point of loss."""
    worst_shot_below_mean: tuple[float, float] = (8.0, 0.3)
    harmonic_below_mean: float = 4.0
    loudness_lu: float = 1.0
    true_peak_dbtp: float = -1.0


LIMITS = Limits()


@dataclass(frozen=True)
class Attempt:
    """A top rung as it was encoded and scored."""

    crf: float
    mean: float


def verdict(rung: Rung, score: Score, limits: Limits = LIMITS) -> tuple[str, ...]:
    """Why this rendition may not ship."""
    loss = 100 - score.mean
    floors = {
        "mean": (score.mean, rung.vmaf - limits.below_predicted),
        "harmonic mean": (score.harmonic, score.mean - limits.harmonic_below_mean),
        "first percentile": (score.p1, score.mean - _grown(limits.p1_below_mean, loss)),
        f"shot {score.worst_shot_number}": (
            score.worst_shot, score.mean - _grown(limits.worst_shot_below_mean, loss),
        ),
    }  # fmt: skip
    return tuple(
        f"its {name} of {found:.1f} is below {floor:.1f}"
        for name, (found, floor) in floors.items()
        if found < floor
    )


def monotone(renditions: Sequence[Rendition]) -> tuple[str, ...]:
    """Why renditions of one codec are no ladder: dearer must be better and never smaller."""
    ladder = sorted(renditions, key=lambda rendition: rendition.kbps)
    said = []
    for low, high in pairwise(ladder):
        names = f"{high.rung.name} costs more than {low.rung.name}"
        if high.score.mean <= low.score.mean:
            said.append(f"{names} and scores {high.score.mean:.1f} against {low.score.mean:.1f}")
        if high.rung.height < low.rung.height:
            said.append(f"{names} and is smaller")
    return tuple(said)


def loud(facts: Mapping[str, Any], limits: Limits = LIMITS) -> tuple[str, ...]:
    """Why a sound track (the facts of `audio.encode_audio`) may not ship."""
    heard, said = facts["loudness"], []
    if heard["normalization"] == "none":
        return ()
    if abs(heard["integrated"] - TARGET_LUFS) > limits.loudness_lu:
        said.append(f"it is at {heard['integrated']:.1f} LUFS instead of {TARGET_LUFS:g}")
    if heard["true_peak"] > limits.true_peak_dbtp:
        said.append(f"its peak of {heard['true_peak']:.1f} dBTP is too high")
    return tuple(said)


def missing(passed: Sequence[Rung], ladder: Sequence[Rung]) -> tuple[str, ...]:
    """Why a title may not become playable: some codec lacks its lowest or its top rung, or there is
    none at all. What passed between them is welcome."""
    wanted = {codec: [rung for rung in ladder if rung.codec == codec] for codec in
              dict.fromkeys(rung.codec for rung in ladder)}  # fmt: skip
    ends = [
        end for rungs in wanted.values() for end in
        (min(rungs, key=lambda rung: rung.kbps), max(rungs, key=lambda rung: rung.kbps))
    ]  # fmt: skip
    said = [f"{rung.name} did not pass" for rung in dict.fromkeys(ends) if rung not in passed]
    return tuple(said if ladder else ["it has no rung"])


def misses(renditions: Sequence[Rendition]) -> dict[str, float]:
    """How far scores are from what was predicted: mean_absolute and worst, in VMAF."""
    far = [abs(each.score.mean - each.rung.vmaf) for each in renditions] or [0.0]
    return {"mean_absolute": float(np.mean(far)), "worst": max(far)}


def settle(
    rung: Rung,
    encoded: Callable[[float], float],
    target: float,
    codec: Codec,
    steepness: float,
    limits: Limits = LIMITS,
) -> list[Attempt]:
    """Encode a top rung until its mean is on target, three times at most; all attempts in order.

    `encoded` encodes the whole title at a CRF and gives its mean VMAF. A rung that was predicted
    below the target, because no CRF reaches it, is held to its prediction.
    """
    goal = min(target, rung.vmaf)
    crf: float | None = codec.crf(rung.crf)
    attempts: list[Attempt] = []
    while crf is not None and len(attempts) < TRIES:
        attempts.append(Attempt(crf, encoded(crf)))
        if on_target(attempts[-1].mean, goal, limits):
            break
        crf = next_crf(attempts, goal, codec, steepness)
    return attempts


def chosen(attempts: Sequence[Attempt], target: float) -> Attempt:
    """The cheapest attempt that reaches the target, else the best one."""
    reached = [attempt for attempt in attempts if attempt.mean >= target]
    if reached:
        return max(reached, key=lambda attempt: attempt.crf)
    return max(attempts, key=lambda attempt: attempt.mean)


def on_target(mean: float, target: float, limits: Limits = LIMITS) -> bool:
    """Whether a top rung needs no other try."""
    return -limits.below_target <= mean - target <= limits.above_target


def next_crf(
    attempts: Sequence[Attempt], target: float, codec: Codec, steepness: float
) -> float | None:
    """Where the line through the last two attempts meets the target; from one, by `steepness`.

    The line is drawn through log(102 - VMAF), and a CRF between two that the encoder takes goes to
    the better one, since what is just below the target fails. None where the encoder takes no CRF near there that
    was not tried.
    """
    last, rise = attempts[-1], steepness
    if len(attempts) > 1 and attempts[-2].crf != last.crf:
        before = attempts[-2]
        rise = (_loss(last.mean) - _loss(before.mean)) / (last.crf - before.crf)
    rise = min(max(rise, STEEPNESS[0]), STEEPNESS[1])
    aim = _loss(target + AIM_ABOVE)
    wanted = codec.crf(last.crf + (aim - _loss(last.mean)) / rise, floor)
    return None if any(wanted == attempt.crf for attempt in attempts) else wanted


def steepness_of(probes: Sequence[Probe], size: tuple[int, int]) -> float:
    """How fast log(102 - VMAF) rises a CRF step, by the probes of one codec at one size."""
    own = [probe for probe in probes if (probe.width, probe.height) == size]
    crfs = sorted({probe.crf for probe in own})
    if len(crfs) < 2:
        return sum(STEEPNESS) / 2
    means = []
    for crf in crfs:
        at = [probe for probe in own if probe.crf == crf]
        means.append(
            np.average([probe.vmaf for probe in at], weights=[probe.frames for probe in at])
        )
    return float(np.polyfit(crfs, [_loss(float(mean)) for mean in means], 1)[0])


def _loss(vmaf: float) -> float:
    return float(np.log(BEST - min(vmaf, 100.0)))


def _grown(allowed: tuple[float, float], loss: float) -> float:
    return allowed[0] + allowed[1] * loss
