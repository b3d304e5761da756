"""Titles whose every cost and score is known, to judge what is made of a few probes of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from jobs.encode.facts import Probe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.encode.ladder.grid import Size

SIZES: tuple[Size, ...] = ((1280, 720), (960, 540), (768, 432), (640, 360), (426, 240))
CRFS = (22.0, 30.0, 38.0)
X264 = (0.0, 51.0)
FPS = 24.0


@dataclass(frozen=True)
class Law:
    """log kb/s and log((102 - VMAF) / (VMAF + 2)) of a shot at CRF 30 and 720 lines, and how they
    change."""

    log_kbps: float = 6.8
    log_loss: float = -2.35
    loss_rise: float = 0.09
    loss_bend: float = 0.001
    smaller_is_worse: float = 0.5
    """How fast the loss rises as log pixels fall."""
    smaller_is_cheaper: float = 0.85

    def kbps(self, size: Size, crf: float) -> float:
        shrunk = log(1280 * 720 / (size[0] * size[1]))
        return exp(self.log_kbps - 0.11 * (crf - 30) - self.smaller_is_cheaper * shrunk)

    def vmaf(self, size: Size, crf: float) -> float:
        shrunk = log(1280 * 720 / (size[0] * size[1]))
        bent = self.loss_rise * (crf - 30) + self.loss_bend * (crf - 30) ** 2
        # detail lost by shrinking hides what quantising would lose
        loss = self.log_loss + bent * exp(-shrunk / 3) + self.smaller_is_worse * shrunk
        return 104 / (1 + exp(min(max(loss, -log(51)), log(51)))) - 2

    def probe(self, shot: int, size: Size, crf: float, frames: int = 240) -> Probe:
        bits = round(self.kbps(size, crf) * 1000 * frames / FPS)
        return Probe("h264", shot, *size, crf, bits, frames, self.vmaf(size, crf), 1.0)


LAWS = st.builds(
    Law,
    log_kbps=st.floats(4.5, 8.5),
    log_loss=st.floats(-3.4, -1.8),
    loss_rise=st.floats(0.06, 0.12),
    loss_bend=st.floats(-0.0015, 0.002),
    smaller_is_worse=st.floats(0.3, 0.6),
    smaller_is_cheaper=st.floats(0.6, 1.0),
)
"""From talking heads to fast cuts."""


def probed(
    laws: Sequence[Law], sizes: Sequence[Size] = SIZES, crfs: Sequence[float] = CRFS
) -> list[Probe]:
    """Probes of a title whose shots follow these laws, ten seconds each."""
    return [
        law.probe(shot, size, crf)
        for shot, law in enumerate(laws)
        for size in sizes
        for crf in crfs
    ]
