"""A file that peaks above its cap is encoded again, its loud shots at a worse CRF, until it holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode import gate
from jobs.encode.capped import calmer, capped, loud
from jobs.encode.codecs import CODECS
from jobs.encode.facts import Rung, Shot
from jobs.encode.ladder.curves import RATE_SLOPE
from jobs.encode.order import Order, place
from jobs.encode.production import Production
from jobs.encode.taking_in import taken_in
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jobs.encode.conftest import Clip

SHOTS = [Shot(0, 0, 4), Shot(1, 4, 2), Shot(2, 6, 4)]
BURST = (
    "smptebars=s=128x96:r=25:d=6[a];mandelbrot=s=128x96:r=25,trim=end_frame=50,"
    "noise=alls=60:all_seed=5:allf=t,format=yuv420p[b];[a][b]concat=n=2"
)
"""Six seconds that do not move and two of noise, of which the rate is a multiple of the mean."""


def test_the_shot_that_spends_the_most_of_a_loud_window_gives_way() -> None:
    bits = np.array([1, 1, 1, 1, 10, 10, 2, 1, 1, 1])
    assert loud(bits, SHOTS, 2, 20) == {}
    # 10 + 10 in a window of two, 5 too many, all of them of shot 1
    assert loud(bits, SHOTS, 2, 15) == {1: 0.75}
    # of the windows 1 + 10 and 10 + 2 it is shot 1 again that gives way, and it keeps a fourth at least
    assert loud(bits, SHOTS, 2, 3) == {1: 0.25}
    assert loud(bits, SHOTS, 100, 14) == {1: 0.25}  # a title that is shorter than a window


@given(
    st.lists(st.integers(1, 1000), min_size=10, max_size=10), st.integers(1, 10), st.floats(0.3, 1)
)
def test_who_gives_way_is_in_a_loud_window(bits: list[int], window: int, share: float) -> None:
    heard = np.array(bits)
    peak = max(heard[n : n + window].sum() for n in range(11 - window))
    found = loud(heard, SHOTS, window, share * peak)
    assert bool(found) == (share < 1)
    assert all(0.25 <= kept < 1 for kept in found.values())


def test_a_shot_that_keeps_half_has_a_crf_that_halves_a_rate() -> None:
    """Six steps by the rule of thumb, up to a whole one where the encoder takes no other, and no more
    than it takes."""
    crfs = {0: 30.0, 1: 30.5, 2: 62.0}
    shares = {1: 0.5, 2: 0.5}
    assert calmer(crfs, shares, CODECS["vp9"], RATE_SLOPE) == {0: 30, 1: 37, 2: 63}
    assert calmer(crfs, {}, CODECS["vp9"], RATE_SLOPE) == crfs
    assert calmer(crfs, {1: 0.5}, CODECS["vp9"], 1e-9)[1] == 48  # no slope is that small


@pytest.mark.slow
def test_a_burst_in_vp9_is_calmed_alone_until_the_file_holds_its_cap(
    clip: Clip, tmp_path: Path
) -> None:
    """VP9 peaks at five times the mean here, of which twice the cap of twice the mean is allowed: the
    rung did not ship. The shot that does not move keeps its CRF, and the receipt has each try."""
    settings = Settings(var=str(tmp_path))
    order = Order("burst", str(clip("burst.mp4", BURST)), "2026-01-10", codecs=("vp9",))
    place(settings, order)
    production = Production(settings, taken_in(settings, order))
    production.crfs = {}  # no CRF a shot was chosen
    free = production.encoded(Rung("vp9", 128, 96, 40, 500, 80, 9999))
    rung = replace(free.rung, vmaf=free.score.mean, maxrate_kbps=free.peak_kbps / 2.5)
    assert any("its peak" in reason for reason in gate.verdict(replace(free, rung=rung)))

    found = capped(production, production.encoded(rung))
    assert found.calmed == (1,)
    assert not any("its peak" in reason for reason in gate.verdict(found))
    assert found.peak_kbps == found.attempts[-1].peak_kbps < found.attempts[0].peak_kbps
    assert production.work.asked[found.file].facts["crfs"][0] == 40
    assert 2 <= len(found.attempts) <= 4
    assert capped(production, production.encoded(rung)).sha256 == found.sha256

    held = replace(rung, maxrate_kbps=free.peak_kbps)  # nothing is done where there is no need
    assert capped(production, production.encoded(held)).attempts[1:] == ()
