"""Hold the floor on what was encoded: shots below it get a better CRF until the file keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jobs.encode import vmaf
from jobs.encode.ladder.floor import FLOOR_TRIES, fallen, lifted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.encode.facts import Rendition, Rung
    from jobs.encode.ladder.allocation import ShotCurves
    from jobs.encode.production import Production


def held(
    production: Production, rung: Rung, crfs: Mapping[int, float], curves: ShotCurves
) -> Rendition:
    """The rung with a CRF a shot, encoded and scored; shots below the floor once more, some times.

    Only these are encoded again, since the others' pieces are kept. What is still below the floor
    is told: `fallen`, which the gate holds back, or `at_best`, which no CRF can help.
    """
    tries = [production.encoded(rung, crfs)]
    while len(tries) <= FLOOR_TRIES:
        last = tries[-1]
        better = lifted(crfs, means(production, last), curves)
        if better == crfs:
            break
        crfs = better
        tries.append(production.encoded(rung, crfs))
    last = last_of(production, tries)
    low = fallen(means(production, last), last.score.mean)
    best = {shot for shot in low if crfs[shot] <= curves.crf[0]}
    return replace(last, fallen=tuple(sorted(low - best)), at_best=tuple(sorted(best)))


def last_of(production: Production, tries: list[Rendition]) -> Rendition:
    """The last of some tries at a rung, with the attempts and the CPU-seconds of all."""
    return replace(
        tries[-1],
        cpu_seconds=_spent(production, tries),
        attempts=tuple(attempt for one in tries for attempt in one.attempts),
    )


def means(production: Production, rendition: Rendition) -> dict[int, float]:
    """Shot to its mean VMAF in a rendition."""
    return vmaf.of_shots(vmaf.per_frame(production.scores(rendition)), production.shots)


def _spent(production: Production, tries: list[Rendition]) -> float:
    """CPU-seconds of all tries, a piece that several of them share counted once."""
    pieces: dict[str, float] = {}
    rest = 0.0
    for one in tries:
        facts = production.work.asked[one.file].facts
        own = dict(
            zip(facts.get("pieces", ()), facts.get("cpu_seconds_of_pieces", ()), strict=True)
        )
        rest += one.cpu_seconds - sum(own.values())
        pieces |= own
    return rest + sum(pieces.values())
