"""Measure both ladders on a film whose shots are sampled, as a title of any length is."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from bench.encode_ladders import compared
from bench.encode_scenes import beginning, beside, film, production
from bench.encode_tables import Row, cpu_row, ladder_rows, miss_rows
from jobs.encode.encoders import GOP_SECONDS
from jobs.encode.production import WINDOWS, Production

if TYPE_CHECKING:
    from bench.encode_ladders import Compared
    from jobs.encode.probes import Sample
    from lakehouse.settings import Settings

BEGINNING_SECONDS = 120
SHARE = 0.2
"""Of the beginning that is probed: the product would probe all of so short a title."""


class Sampled(Production):
    """A title that is sampled although it is short."""

    @cached_property
    def sample(self) -> Sample:
        """Windows evenly over it, as many as the share needs."""
        return self.sampled(min(WINDOWS, round(SHARE * self.master.seconds / GOP_SECONDS)))


def measured(settings: Settings, whole: bool) -> tuple[Compared, Sample]:
    """Both ladders of the film or of its beginning, and what was probed of it."""
    if whole:
        title = production(settings, "bbb", film(settings))
        return compared("bbb", title), title.sample
    plain = production(settings, "bbb-beginning", beginning(settings, BEGINNING_SECONDS))
    title = beside(plain, Sampled)
    return compared(f"bbb, first {BEGINNING_SECONDS} s", title), title.sample


def rows(each: Compared, sample: Sample) -> list[Row]:
    """What the film is held against, and the rest of its figures."""
    return [
        Row("frames probed", f"{sample.share:.0%}"),
        Row("bits that the master spends on them over those of any", f"{sample.bias:+.0%}"),
        cpu_row("CPU-s of everything, shots sampled", [each], 1.0),
        *miss_rows(each.ours.misses, "predicted (from the sample) against achieved VMAF"),
        *(
            replace(row, target="", reached=None)  # those are of the nine scenes
            for row in ladder_rows([each])
            if row.what.startswith(("BD-rate (VMAF)", "whole"))
        ),
    ]
