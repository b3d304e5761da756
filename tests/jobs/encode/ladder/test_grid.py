"""Shots add up to a title: bits add, VMAF counts by frames, and no shot is missing anywhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jobs.encode.facts import Probe
from jobs.encode.ladder.errors import UnevenProbes
from jobs.encode.ladder.grid import arrange
from tests.jobs.encode.ladder.laws import Law, probed

SHORT = Probe("h264", 0, 640, 360, 30, bits=300_000, frames=100, vmaf=80, cpu_seconds=1)
LONG = Probe("h264", 1, 640, 360, 30, bits=1_500_000, frames=300, vmaf=92, cpu_seconds=1)


def test_bits_add_and_vmaf_counts_by_frames() -> None:
    """1.8 Mb over 400 frames at 25 a second, 16 s: 112.5 kb/s; (80 + 3 x 92) / 4 = 89."""
    kbps, vmaf = arrange([LONG, SHORT]).of_title(fps=25)
    assert (kbps.item(), vmaf.item()) == pytest.approx((112.5, 89))


def test_a_sampled_shot_speaks_for_what_it_stands_for() -> None:
    """Half and half: (3,000 + 5,000) / 2 bits a frame at 25 a second, and (80 + 92) / 2."""
    kbps, vmaf = arrange([SHORT, LONG], stands_for={0: 500, 1: 500}).of_title(fps=25)
    assert (kbps.item(), vmaf.item()) == pytest.approx((100, 86))


def test_every_probe_comes_to_its_own_place() -> None:
    probes = probed([Law(), Law(log_kbps=5)])
    grid = arrange(probes[::-1])
    for probe in probes:
        place = (
            grid.shots.index(probe.shot),
            grid.sizes.index((probe.width, probe.height)),
            int(np.flatnonzero(grid.crfs == probe.crf)[0]),
        )
        assert grid.vmaf[place] == probe.vmaf
        assert grid.bits_per_frame[place] == probe.bits / probe.frames


def test_a_missing_probe_is_named() -> None:
    """Left out, a hard shot would make the size look cheap."""
    probes = [p for p in probed([Law(), Law()]) if (p.shot, p.height, p.crf) != (1, 360, 30)]
    with pytest.raises(UnevenProbes, match="shot 1 has none at 640x360 and CRF 30"):
        arrange(probes)


@pytest.mark.parametrize(
    ("probes", "said"),
    [
        ([], "there is none"),
        ([SHORT, replace(SHORT, codec="av1")], "av1, h264"),
        ([SHORT, replace(SHORT, vmaf=81)], "twice"),
    ],
)
def test_what_is_no_grid_is_refused(probes: list[Probe], said: str) -> None:
    with pytest.raises(UnevenProbes, match=said):
        arrange(probes)
