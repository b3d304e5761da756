"""Cut a title into shots: where the picture changes at once, but none shorter than a second."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from jobs.encode.facts import Shot
from jobs.encode.ingest import scanned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jobs.encode.facts import Master
    from jobs.encode.workshop import Facts, Workshop

CUT_SCORE = 10.0
"""scdet's own threshold; a dissolve stays below it and is part of its shot."""
SHORTEST_SECONDS = 1.0
"""A keyframe at the cut of a shorter shot costs more than its own CRF saves."""


def find_shots(work: Workshop, path: Path, master: Master) -> list[Shot]:
    """The shots of a master, in order and without gaps; kept as a table in the workshop."""
    seen = scanned(work, path, master.sha256)
    recipe = {"scan": seen.sha256, "score": CUT_SCORE, "shortest_seconds": SHORTEST_SECONDS}

    def produce(part: Path) -> Facts:
        arrays = np.load(seen.path)
        cuts = {
            int(place): float(score)
            for place, score in zip(arrays["place"], arrays["score"], strict=True)
            if score >= CUT_SCORE
        }
        shots = shots_between(cuts, master.frames, round(SHORTEST_SECONDS * float(master.rate)))
        part.write_text(json.dumps([asdict(shot) for shot in shots], indent=0) + "\n")
        return {"shots": len(shots), "cuts": len(cuts)}

    made = work.make("shots", ".json", recipe, produce)
    return [Shot(**row) for row in json.loads(made.path.read_text())]


def shots_between(cuts: Mapping[int, float], frames: int, shortest: int) -> list[Shot]:
    """Shots between cuts (frame to score): while one is too short, the weaker cut beside it goes."""
    bounds = [0, *sorted(cut for cut in cuts if 0 < cut < frames), frames]
    while len(bounds) > 2:
        lengths = np.diff(bounds)
        if lengths.min() >= shortest:
            break
        briefest = int(lengths.argmin())
        beside = [bound for bound in bounds[briefest : briefest + 2] if bound not in (0, frames)]
        bounds.remove(min(beside, key=lambda cut: (cuts[cut], cut)))
    return [
        Shot(number, first, after - first) for number, (first, after) in enumerate(pairwise(bounds))
    ]


def master_bits(work: Workshop, path: Path, master: Master, shots: Sequence[Shot]) -> list[float]:
    """What the master itself spends on a frame of each shot: a free sign of how hard it is."""
    arrays = np.load(scanned(work, path, master.sha256).path)
    means = []
    for shot in shots:
        own = (arrays["place"] >= shot.first_frame) & (
            arrays["place"] < shot.first_frame + shot.frames
        )
        means.append(float(arrays["bits"][own].mean()) if own.any() else 0.0)
    return means
