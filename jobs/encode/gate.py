"""Decide what ships: each rendition by its own score, the ladder as a whole, the sound by loudness.

Everything here is arithmetic over scores; an empty tuple of reasons means that it may ship.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.encode.codecs import BUFFER_SECONDS
from jobs.encode.ladder.allocation import LARGEST_FALL
from jobs.encode.loudness import MOST_OFF_LU, MOST_PEAK_DBTP, TARGET_LUFS
from jobs.encode.packets import PEAK_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobs.encode.codecs import Codec
    from jobs.encode.facts import Attempt, Probe, Rendition, Rung

BEST = 102.0
"""log(102 - VMAF) is nearly straight over CRF where VMAF itself bends."""
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
    """A top rung outside of these is encoded once more."""
    below_predicted: tuple[float, float] = (2.5, 0.05)
    """What is allowed where no loss is predicted, and how much more a point of it: predictions err by
    a share of the loss, at most 1.8 at VMAF 82 in 42 measured rungs (bench/encode.md, action)."""
    p1_below_mean: tuple[float, float] = (10.0, 0.6)
    """What is allowed at no loss, and how much more a point of loss."""
    worst_shot_below_mean: tuple[float, float] = (8.0, 0.3)
    """Of few shots; of `few_shots` and more it grows as the extreme of so many draws does."""
    few_shots: int = 5
    harmonic_below_mean: float = 4.0
    peak_over_cap: float = 1.05 * (1 + BUFFER_SECONDS / PEAK_SECONDS)
    """Any two seconds may hold what the buffer of the cap holds and what comes in meanwhile, so
    twice the cap, and a twentieth more: of 93 capped encodes none was above 1.03 times the cap."""
    loudness_lu: float = MOST_OFF_LU
    true_peak_dbtp: float = MOST_PEAK_DBTP


LIMITS = Limits()


def verdict(one: Rendition, doubt: float = 1.0, limits: Limits = LIMITS) -> tuple[str, ...]:
    """Why this rendition may not ship, whatever the others are.

    It may be `doubt` times as far below its prediction as one of a full plan of probes.
    """
    rung, score = one.rung, one.score
    loss = 100 - score.mean
    # what was predicted of a rung that had to be calmed was of a file without a cap
    allowed = doubt * _grown(limits.below_predicted, 100 - rung.vmaf)
    promised = 0.0 if one.calmed else rung.vmaf - allowed
    floors = {
        "mean": (score.mean, promised),
        "harmonic mean": (score.harmonic, score.mean - limits.harmonic_below_mean),
        "first percentile": (score.p1, score.mean - _grown(limits.p1_below_mean, loss)),
        f"shot {score.worst_shot_number}": (
            score.worst_shot,
            score.mean - _grown(limits.worst_shot_below_mean, loss) * _of_many(score.shots, limits),
        ),
    }  # fmt: skip
    said = [
        f"its {name} of {found:.1f} is below {least:.1f}"
        for name, (found, least) in floors.items()
        if found < least
    ]
    if one.fallen:
        said.append(
            f"shots {', '.join(map(str, one.fallen))} score more than {LARGEST_FALL:g} below its mean"
        )
    if one.peak_kbps > limits.peak_over_cap * rung.maxrate_kbps:
        said.append(
            f"its peak of {one.peak_kbps:,.0f} kb/s is more than {limits.peak_over_cap:g} times "
            f"its cap of {rung.maxrate_kbps:,.0f}"
        )
    return tuple(said)


def out_of_step(renditions: Sequence[Rendition]) -> dict[str, str]:
    """Why some of the renditions that may ship do not fit their codec's ladder, by rung.

    From the cheapest up, as they came out and not as they were predicted, each is better than all
    that are kept below it and no smaller; what is not is only bytes to store and a worse choice.
    """
    kept: dict[str, Rendition] = {}
    said = {}
    for one in sorted(renditions, key=lambda one: (one.kbps, -one.score.mean)):
        below = kept.get(one.rung.codec)
        if below and one.score.mean <= below.score.mean:
            said[one.rung.name] = (
                f"it scores {one.score.mean:.2f} at {one.kbps:,.0f} kb/s where {below.rung.name} "
                f"scores {below.score.mean:.2f} at {below.kbps:,.0f}"
            )
        elif below and _pixels(one) < _pixels(below):
            said[one.rung.name] = (
                f"it is smaller than {below.rung.name} and costs {one.kbps:,.0f} kb/s where that "
                f"costs {below.kbps:,.0f}"
            )
        else:
            kept[one.rung.codec] = one
    return said


def short_of(renditions: Sequence[Rendition], target: float) -> list[str]:
    """What the renditions that ship of a codec do not reach of the target, a sentence each."""
    said = []
    for codec in dict.fromkeys(one.rung.codec for one in renditions):
        own = [one for one in renditions if one.rung.codec == codec]
        best = max(own, key=lambda one: one.score.mean)
        if best.score.mean < target:
            tries = len(best.attempts)
            said.append(
                f"The best of {codec}, {best.rung.name}, scores {best.score.mean:.1f} instead of "
                f"{target:g}"
                + (f" after {tries} tries" if tries > 1 else "")
                + (
                    f": shots {', '.join(map(str, best.calmed))} gave way to its cap."
                    if best.calmed
                    else "."
                )
            )
    return said


def loud(facts: Mapping[str, Any], limits: Limits = LIMITS) -> tuple[str, ...]:
    """Why a sound track (the facts of `audio.encode_audio`) may not ship: what has a loudness by that,
    all by its peak."""
    heard, said = facts["loudness"], []
    level, peak = float(heard["integrated"]), float(heard["true_peak"])  # "-inf" of silence
    if heard["normalization"] != "none" and abs(level - TARGET_LUFS) > limits.loudness_lu:
        said.append(f"it is at {level:.1f} LUFS instead of {TARGET_LUFS:g}")
    if peak > limits.true_peak_dbtp:
        said.append(f"its peak of {peak:.1f} dBTP is too high")
    return tuple(said)


def missing(passed: Sequence[Rung], ladder: Sequence[Rung]) -> dict[str, str]:
    """Rung to which end of its codec's ladder it is, of the ends that did not pass: no title becomes
    playable without them. What passed between them is welcome."""
    said: dict[str, str] = {}
    for codec in dict.fromkeys(rung.codec for rung in ladder):
        own = sorted((rung for rung in ladder if rung.codec == codec), key=lambda rung: rung.kbps)
        ends = {own[0]: "lowest", own[-1]: "top"} if len(own) > 1 else {own[0]: "only"}
        said |= {rung.name: end for rung, end in ends.items() if rung not in passed}
    return said


def misses(renditions: Sequence[Rendition]) -> dict[str, float]:
    """How far first tries are from what was predicted: mean_absolute and worst, in VMAF.

    A later try has another CRF, chosen to meet the target and not predicted. Empty where nothing
    was predicted.
    """
    far = [
        abs(each.attempts[0].mean - each.rung.vmaf) for each in renditions if not each.rung.fixed
    ]
    return {"mean_absolute": float(np.mean(far)), "worst": max(far)} if far else {}


def settle(
    rung: Rung,
    encoded: Callable[[float], Attempt],
    target: float,
    codec: Codec,
    steepness: float,
    limits: Limits = LIMITS,
) -> list[Attempt]:
    """Encode a top rung until its mean is on target, three times at most; all attempts in order.

    `encoded` encodes the whole title at a CRF and scores it. A rung that was predicted below the
    target, because no CRF reaches it, is held to its prediction.
    """
    goal = min(target, rung.vmaf)
    crf: float | None = codec.crf(rung.crf)
    attempts: list[Attempt] = []
    while crf is not None and len(attempts) < TRIES:
        attempts.append(encoded(crf))
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


def _pixels(one: Rendition) -> int:
    return one.rung.width * one.rung.height


def _of_many(shots: int, limits: Limits) -> float:
    """How much further below the mean the worst of so many shots may be than that of a few.

    The extreme of n normal draws lies sqrt(2 log n) deviations out. Renditions of 5, 19 and 119 shots
    of real films were at most at .58, .92 and 1.06 of what a few may fall; by this at .58, .68 and .62.
    """
    return sqrt(log(max(shots, limits.few_shots)) / log(limits.few_shots))


def _grown(allowed: tuple[float, float], loss: float) -> float:
    return allowed[0] + allowed[1] * loss
