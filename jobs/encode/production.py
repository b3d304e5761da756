"""One title on its way from master to streams: each part is made when it is first asked for.

Every part is a file of the title's workshop, named by its recipe, so that asking again, in this
process or another, finds it in a moment: that is how tasks of Airflow share a title, and how a
killed run goes on.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.encode import gate, probes, vmaf
from jobs.encode.capped import capped
from jobs.encode.codecs import CODECS
from jobs.encode.encoders import gop_of
from jobs.encode.facts import Attempt, Rendition
from jobs.encode.held import held
from jobs.encode.ingest import ingest
from jobs.encode.ladder.by_shot import by_shot
from jobs.encode.ladder.curves import fit
from jobs.encode.ladder.grid import area
from jobs.encode.ladder.plan import HDR_SECONDS, estimated_cost, plan_probes, spread
from jobs.encode.ladder.rungs import CAPS, Aims, choose_from
from jobs.encode.ladder.unprobed import unprobed
from jobs.encode.masters import store_of
from jobs.encode.order import kept_files
from jobs.encode.renditions import encode
from jobs.encode.shots import find_shots, master_bits
from jobs.encode.sizes import sizes_of
from jobs.encode.workshop import Unmade, Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jobs.encode.facts import Master, Probe, Rung, Shot
    from jobs.encode.ladder.allocation import Allocation
    from jobs.encode.ladder.by_shot import ByShot
    from jobs.encode.ladder.curves import Curve
    from jobs.encode.ladder.grid import Size
    from jobs.encode.ladder.plan import Plan
    from jobs.encode.order import Order
    from jobs.encode.probes import Sample
    from jobs.encode.workshop import Made
    from lakehouse.settings import Settings

RUN_SECONDS = 10
"""Shots are probed in runs of at least this length: shorter ones lose to their first key frame."""
WINDOWS = 32
"""How many groups of 2 s are probed of a title longer than 128 s; all of a shorter one."""
SIZES_OF_A_SAMPLE = 3
"""At how many sizes a sample is probed, the others between them: that costs rungs .9 % of their rate,
less than the sample itself, and spares a third of what probing takes."""


def crf_step(codec: str) -> float:
    """A quarter where the encoder takes it: whole CRFs miss the top by up to .8 VMAF, quarters by .3."""
    return max(0.25, CODECS[codec].crf_step)


class Production:
    """A title as it was ordered, and everything that is made for it."""

    def __init__(self, settings: Settings, order: Order) -> None:
        self.settings, self.order = settings, order
        self.work = Workshop(settings.at("titles", "work", order.title_id))
        self._scores: dict[str, Made] = {}

    @cached_property
    def path(self) -> Path:
        """The kept master, hashed since it was last touched; raises MasterAltered."""
        return store_of(self.settings).opened(self.order.master_sha256)

    def kept(self, file: str) -> Path:
        """A file that was delivered with the master, likewise; raises MasterAltered."""
        return store_of(self.settings).opened(Path(file).stem)

    def require_unaltered(self) -> None:
        """Hash all that was delivered once more, however it lies; raises MasterAltered."""
        for sha256 in sorted(kept_files(vars(self.order))):
            store_of(self.settings).opened(sha256, anew=True)

    @cached_property
    def master(self) -> Master:
        """What was found in the master; raises Unencodable."""
        return ingest(self.work, self.path, self.order.master_sha256)

    @cached_property
    def shots(self) -> list[Shot]:
        """The shots of the master, in order."""
        return find_shots(self.work, self.path, self.master)

    @cached_property
    def sample(self) -> Sample:
        """The frames that are probed: all of a short title or one shot by shot, else windows."""
        return probes.whole(self.shots) if self.order.per_shot else self.sampled(WINDOWS)

    def sampled(self, windows: int) -> Sample:
        """So many windows of one group each, or all frames where that would be half of them."""
        bits = partial(master_bits, self.work, self.path, self.master)
        return probes.sample(self.shots, bits, windows, gop_of(self.master))

    @cached_property
    def runs(self) -> dict[int, list[Shot]]:
        """The number of its first shot to each run that is probed in one go."""
        found = probes.runs(self.sample.shots, round(RUN_SECONDS * float(self.master.rate)))
        return {run[0].number: run for run in found}

    def plan(self, codec: str) -> Plan:
        """The sizes and CRFs that the budget allows to probe; of several codecs each has a share."""
        budget = self.order.budget_cpu_seconds or float("inf")
        frames = sum(shot.frames for shot in self.sample.shots)
        beside = sum(sum(probes.margins(run, self.master)) for run in self.runs.values())
        cost = estimated_cost(self.master.size, frames, CODECS[codec].cost, beside)
        read = (frames + beside) * area(self.master.size) * HDR_SECONDS if self.master.hdr else 0.0
        sizes, crfs = self._sizes(codec), CODECS[codec].probe_crfs
        sizes = spread(sizes, SIZES_OF_A_SAMPLE) if self.sample.share < 1 else sizes
        return plan_probes(sizes, crfs, cost, budget / len(self.order.codecs), read)

    def _sizes(self, codec: str) -> list[tuple[int, int]]:
        return sizes_of(self.master, CODECS[codec].devices.lines)

    def probe_keys(self) -> list[str]:
        """A key for each probe, such as h264/3-640x360: the run of shot 3 at that size."""
        return [
            f"{codec}/{key}"
            for codec in self.order.codecs
            for key in probes.keys_of(list(self.runs.values()), self.plan(codec).sizes)
        ]

    def probe(self, key: str) -> list[Probe]:
        """What the shots of a run cost and score at one size, at every planned CRF."""
        codec, _, rest = key.partition("/")
        number, size = probes.parse(rest)
        crfs = self.plan(codec).crfs
        run = self.runs[number]
        return probes.probe(self.work, self.path, self.master, run, size, CODECS[codec], crfs)

    @cached_property
    def probed(self) -> dict[str, list[Probe]]:
        """Codec to all its probes."""
        return {
            codec: [
                one
                for key in self.probe_keys()
                if key.startswith(f"{codec}/")
                for one in self.probe(key)
            ]
            for codec in self.order.codecs
        }

    @cached_property
    def curves(self) -> dict[str, list[Curve]]:
        """Codec to what each size costs and scores, of those that the budget allowed to probe."""
        found = {}
        for codec, told in self.probed.items():
            if not told:
                continue
            sizes, fps = self._sizes(codec), float(self.master.rate)
            found[codec] = fit(told, sizes, fps, _crfs_of(codec), self.sample.stands_for)
        return found

    @cached_property
    def aims(self) -> Aims:
        """What the ladder should be."""
        return Aims(self.order.target_vmaf)

    @cached_property
    def ladder(self) -> list[Rung]:
        """The rungs of every codec, each codec's lowest first."""
        return [rung for rung, _ in self._laid]

    @cached_property
    def crfs(self) -> dict[str, dict[int, float]]:
        """Rung to the CRF of each shot; empty where all shots have that of their rung."""
        return {rung.name: own.crfs for rung, own in self._laid if own}

    @cached_property
    def _laid(self) -> list[tuple[Rung, Allocation | None]]:
        """The rungs, and where it was asked for the CRF of each shot that gives what they score."""
        found: list[tuple[Rung, Allocation | None]] = []
        fps = float(self.master.rate)
        for codec in self.order.codecs:
            if codec not in self.curves:
                found += [(rung, None) for rung in self._fixed(codec)]
                continue
            curves, own = self.curves[codec], self.by_shot.get(codec, {})
            laid = [one.curve for one in own.values()] or curves
            for rung in choose_from(laid, self.aims, CAPS[codec], fps, crf_step(codec)):
                shots = own[rung.width, rung.height].allocations[rung.crf] if own else None
                found.append((rung, shots))
        return found

    @cached_property
    def by_shot(self) -> dict[str, dict[Size, ByShot]]:
        """Codec to what each size costs and scores with a CRF a shot, where it is to have that."""
        fps = float(self.master.rate)
        return {
            codec: by_shot(self.probed[codec], curves, fps, _crfs_of(codec), crf_step(codec))
            for codec, curves in self.curves.items()
            if self.order.per_shot
        }

    def _fixed(self, codec: str) -> list[Rung]:
        size, fps = self.master.size, float(self.master.rate)
        return unprobed(size, codec, min(CODECS[codec].probe_crfs), CAPS[codec], fps)

    def rendition(self, name: str) -> Rendition:
        """The rung of that name, encoded and scored; again until it keeps its cap, and a top rung its target."""
        rung = next(one for one in self.ladder if one.name == name)
        own = [one for one in self.ladder if one.codec == rung.codec]
        if rung != own[-1] or rung.fixed:
            return self._encoded(rung)
        steepness = gate.steepness_of(self.probed[rung.codec], (rung.width, rung.height))
        made: dict[float, Rendition] = {}

        def encoded(crf: float) -> Attempt:
            made[crf] = self._encoded(replace(rung, crf=crf))
            return made[crf].attempts[-1]  # the file itself, after those that broke the floor

        goal = min(self.order.target_vmaf, rung.vmaf)
        attempts = gate.settle(rung, encoded, goal, CODECS[rung.codec], steepness)
        spent = sum(one.cpu_seconds for one in made.values())
        best = made[gate.chosen(attempts, goal).crf]
        tried = tuple(attempt for one in made.values() for attempt in one.attempts)
        return replace(best, cpu_seconds=spent, attempts=tried)

    @cached_property
    def renditions(self) -> list[Rendition]:
        """All rungs, encoded and scored."""
        return [self.rendition(rung.name) for rung in self.ladder]

    def scores(self, rendition: Rendition) -> Made:
        """The file of VMAF a frame of a rendition, which is hashed for it once."""
        if rendition.file not in self._scores:
            file = self.work.folder / rendition.file
            self._scores[rendition.file] = vmaf.measure(self.work, self.path, self.master, file)
        return self._scores[rendition.file]

    def is_made(self, part: Callable[[Production], object]) -> bool:
        """Whether asking for a part would find all of it made."""
        found = copy(self)
        found.work = Workshop(self.work.folder, makes=False)
        try:
            part(found)
        except Unmade:
            return False
        return True

    def encoded(self, rung: Rung, crfs: Mapping[int, float] | None = None) -> Rendition:
        """A rung as it is, encoded once and scored; `crfs` gives each shot a CRF of its own."""
        made = encode(self.work, self.path, self.master, self.shots, rung, crfs)
        measured = vmaf.measure(self.work, self.path, self.master, made.path)
        score = vmaf.scored(vmaf.per_frame(measured), self.shots, self.master)
        return Rendition(
            rung, made.path.name, made.sha256, made.facts["kbps"], made.facts["peak_kbps"], score,
            made.facts["cpu_seconds"] + measured.facts["cpu_seconds"],
            (Attempt(rung.crf, score.mean, made.facts["kbps"], made.path.name, made.facts["peak_kbps"]),),
        )  # fmt: skip

    def _encoded(self, rung: Rung) -> Rendition:
        return capped(self, self._uncapped(rung))

    def _uncapped(self, rung: Rung) -> Rendition:
        own = self.crfs.get(rung.name)
        if own is None:
            return self.encoded(rung)
        # a retry of the top moves its rung's CRF, and all shots as far
        moved = rung.crf - next(one.crf for one in self.ladder if one.name == rung.name)
        size = self.by_shot[rung.codec][rung.width, rung.height]
        return held(self, rung, {shot: crf + moved for shot, crf in own.items()}, size.shots)


def _crfs_of(codec: str) -> tuple[float, float]:
    """The CRFs that its encoder takes, from the best."""
    return CODECS[codec].lowest_crf, CODECS[codec].highest_crf
