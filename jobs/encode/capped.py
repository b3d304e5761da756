"""Hold the cap on what was encoded: shots that peak above it get a worse CRF until the file keeps it.

Encoders that cap their rate do so on the way and need this seldom, where shots were joined; libvpx
caps nothing at a constant quality.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil, log
from typing import TYPE_CHECKING

import numpy as np

from jobs.encode.codecs import CODECS
from jobs.encode.gate import LIMITS
from jobs.encode.held import last_of, means
from jobs.encode.ladder.curves import RATE_SLOPE
from jobs.encode.ladder.floor import fallen
from jobs.encode.packets import PEAK_SECONDS, packets_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from jobs.encode.codecs import Codec
    from jobs.encode.facts import Rendition, Shot
    from jobs.encode.production import Production

CAP_TRIES = 3
"""How often the shots above the cap are encoded again."""
AIM = 0.95
"""Of the limit of the gate: a try that aims at it would miss it half of the time."""
LEAST_SHARE = 0.25
"""Of its bits that a shot keeps in one try: by more, no slope of a rate is to be trusted."""
SLOPES = (0.04, RATE_SLOPE)
"""Bounds of how fast the logarithm of a rate falls with CRF: it was .046 in VP9 on noise."""


def capped(production: Production, first: Rendition) -> Rendition:
    """The rendition, its loud shots encoded again, some times, while its peak is above its cap.

    Only these are, once the others have pieces of their own. `calmed` names them; those of them that
    then score below the floor of a rung with a CRF a shot have the best CRF that the cap leaves. What
    still peaks above the cap the gate holds back.
    """
    rung, codec = first.rung, CODECS[first.rung.codec]
    shots, fps = production.shots, float(production.master.rate)
    limit = LIMITS.peak_over_cap * rung.maxrate_kbps
    own = production.work.asked[first.file].facts.get("crfs", [rung.crf] * len(shots))
    crfs = begun = {shot.number: crf for shot, crf in zip(shots, own, strict=True)}
    tries, slope = [first], RATE_SLOPE
    while tries[-1].peak_kbps > limit and len(tries) <= CAP_TRIES:
        bits = packets_of(production.work.folder / tries[-1].file).bits
        shares = loud(bits, shots, round(PEAK_SECONDS * fps), AIM * limit * PEAK_SECONDS * 1000)
        worse = calmer(crfs, shares, codec, slope)
        if worse == crfs:
            break
        tries.append(production.encoded(rung, worse))
        raised = max(worse[shot] - crfs[shot] for shot in crfs)
        slope = log(tries[-2].peak_kbps / tries[-1].peak_kbps) / raised
        crfs = worse
    calmed = {shot for shot in crfs if crfs[shot] != begun[shot]}
    if not calmed:
        return first
    last, held = last_of(production, tries), rung.name in production.crfs
    low = fallen(means(production, last), last.score.mean) if held else set()
    return replace(
        last,
        calmed=tuple(sorted(calmed)),
        fallen=tuple(sorted(low - calmed - {*first.at_best})),
        at_best=tuple(sorted(low & (calmed | {*first.at_best}))),
    )


def loud(
    bits: NDArray[np.int64], shots: Sequence[Shot], window: int, most: float
) -> dict[int, float]:
    """Shot to the share of its bits that it may keep, of those shots that peak.

    `bits` are [frames]; in no `window` frames may there be more than `most`. In a window that has
    more, the shot that spends the most of it gives way, until the window holds.
    """
    total = np.concatenate([[0], np.cumsum(bits)])
    window = min(window, len(bits))
    ends = np.array([shot.first_frame for shot in shots] + [len(bits)])
    shares: dict[int, float] = {}
    for start in np.flatnonzero(total[window:] - total[:-window] > most):
        inside = np.diff(total[np.clip(ends, start, start + window)])
        place = int(inside.argmax())
        excess = float(inside.sum() - most)
        share = max(LEAST_SHARE, 1 - excess / float(inside[place]))
        number = shots[place].number
        shares[number] = min(share, shares.get(number, 1.0))
    return shares


def calmer(
    crfs: Mapping[int, float], shares: Mapping[int, float], codec: Codec, slope: float
) -> dict[int, float]:
    """The CRFs of all shots, those of the loud ones raised by what makes them that much cheaper."""
    slope = min(max(slope, SLOPES[0]), SLOPES[1])
    raised = {shot: crfs[shot] - log(share) / slope for shot, share in shares.items()}
    return {**crfs, **{shot: codec.crf(crf, ceil) for shot, crf in raised.items()}}
