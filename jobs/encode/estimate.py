"""Expect what is left of a title: its probes, its rungs and its end, without what was made before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from jobs.encode.assembly import Assembly
from jobs.encode.audio import sounds_for
from jobs.encode.codecs import CODECS
from jobs.encode.ladder.plan import estimated_cost
from jobs.encode.production import Production

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.encode.ladder.grid import Size

TOP_TRIES = 1.5
"""How often a top rung is encoded: half of those measured needed a second try."""
SOUND_SECONDS = 0.04
"""CPU of a second of one sound track: measured, levelled, encoded and measured again."""
END_SECONDS = 6.0
"""CPU of packaging, proving, publishing and recording a title of any length."""
END_SHARE = 0.02
"""CPU of the same for each second that each of its rungs lasts."""


@dataclass(frozen=True)
class Step:
    """A part of a title that is still to be made."""

    cpu_seconds: float
    """What it is expected to cost."""
    make: Callable[[Production], object]


def probing(production: Production) -> list[Step]:
    """The probes that are left."""
    found = []
    for key in production.probe_keys():
        plan = production.plan(key.partition("/")[0])
        cost = plan.cpu_seconds / len(plan.sizes) / len(production.runs)
        found.append(Step(cost, partial(Production.probe, key=key)))
    return _left(production, found)


def encoding(production: Production) -> list[Step]:
    """The rungs of the chosen ladder that are left; asking chooses it."""
    tops = {rung.codec: rung.name for rung in production.ladder}
    return _left(production, [
        Step(
            _encoded(production, rung.codec, (rung.width, rung.height))
            * (TOP_TRIES if rung.name in tops.values() else 1),
            partial(Production.rendition, name=rung.name),
        )
        for rung in production.ladder
    ])  # fmt: skip


def encoding_unplanned(production: Production) -> float:
    """CPU-seconds of a ladder that is not chosen yet: a rung a size, since most have about that."""
    return sum(
        _encoded(production, codec, size)
        for codec in production.order.codecs
        for size in production.plan(codec).sizes
    )


def levelling(production: Production) -> float:
    """CPU-seconds of the sound that is left, on one core."""
    order, master = production.order, production.master
    sounds = sum(len(sounds_for(track, order.codecs)) for track in master.audio)
    sounds += bool(order.audio_description)
    heard = production.is_made(lambda made: Assembly(made).sounds)
    return 0.0 if heard else sounds * SOUND_SECONDS * master.seconds


def packaging(production: Production) -> float:
    """CPU-seconds of all that comes after the sound, on one core."""
    rungs = sum(len(production.plan(codec).sizes) for codec in production.order.codecs)
    return END_SECONDS + END_SHARE * production.master.seconds * rungs


def _left(production: Production, steps: list[Step]) -> list[Step]:
    return [step for step in steps if not production.is_made(step.make)]


def _encoded(production: Production, codec: str, size: Size) -> float:
    """CPU-seconds of a rung and of scoring every frame, where a probe scores every third."""
    master = production.master
    own = master.size
    whole = estimated_cost(own, master.frames, CODECS[codec].cost)(size, 0)
    scoring = estimated_cost(own, master.frames, 0.0)(size, 0)
    return whole + 2 * scoring
