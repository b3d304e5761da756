"""A few probes foretell every CRF between them, and never that more bits look worse."""

from __future__ import annotations

from itertools import product
from math import log
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.encode.facts import Probe
from jobs.encode.ladder.curves import Curve, fit
from tests.jobs.encode.ladder.laws import CRFS, FPS, LAWS, SIZES, X264, Law, probed
from tests.jobs.encode.ladder.measured import PROBED, PROBED_CRFS

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCORES = st.floats(0, 100)
BITS = st.integers(1_000, 10**9)


def of_scores(*found: tuple[float, int, float]) -> Curve:
    """The curve through CRF, bits and VMAF of one shot of 240 frames."""
    probes = [Probe("h264", 0, 640, 360, crf, bits, 240, vmaf, 1) for crf, bits, vmaf in found]
    return fit(probes, [(640, 360)], FPS, X264)[0]


def test_a_law_that_is_a_parabola_is_found_again() -> None:
    law = Law()
    for curve in fit(probed([law]), SIZES, FPS, X264):
        for crf in (18, 22, 25.25, 33, 40):
            truth = law.kbps(curve.size, crf), law.vmaf(curve.size, crf)
            assert curve.at(crf) == pytest.approx(truth, rel=1e-4)


def test_the_form_of_a_score() -> None:
    """The odds of a loss are 1 to 12, 1 to 3 and 1 to .75 at CRF 22, 30 and 38, so at 34 they are 1
    to 1.5, which is 104 * .6 - 2; and the rate, 400, 200 and 100, is 200 over the root of 2."""
    curve = of_scores((22, 4_000_000, 94), (30, 2_000_000, 76), (38, 1_000_000, 104 * 3 / 7 - 2))
    assert curve.at(34) == pytest.approx((200 / 2**0.5, 60.4), rel=1e-4)


@given(st.lists(st.tuples(BITS, SCORES), min_size=1, max_size=5))
def test_no_curve_rises_with_crf(found: list[tuple[int, float]]) -> None:
    """Whatever was probed, noise and nonsense too."""
    crfs = np.linspace(20, 40, len(found)).tolist()
    curve = of_scores(*((crf, *one) for crf, one in zip(crfs, found, strict=True)))
    assert np.all(np.diff(curve.vmaf) <= 0)
    assert np.all(np.diff(curve.kbps) <= 0)
    assert curve.vmaf.min() >= 0
    assert curve.vmaf.max() <= 100


def test_a_bent_fit_gives_way_to_one_through_the_same_probes() -> None:
    """61, 60.9 and 45: a small size that loses nothing more below CRF 30. The parabola through the
    three tops out at CRF 26 and falls again to the left, so it must not be used."""
    bent = of_scores((22, 4_000_000, 61), (30, 2_000_000, 60.9), (38, 1_000_000, 45))
    assert [bent.at(crf)[1] for crf in CRFS] == pytest.approx([61, 60.9, 45])
    assert bent.at(18)[1] == pytest.approx(61)
    assert 45 < bent.at(34)[1] < 60.9


def test_probes_in_the_wrong_order_are_put_in_order() -> None:
    curve = of_scores((22, 4_000_000, 90), (30, 2_000_000, 90.2), (38, 1_000_000, 80))
    assert [curve.at(crf)[1] for crf in CRFS] == pytest.approx([90.2, 90, 80])


def test_a_curve_is_believed_a_little_beyond_its_probes() -> None:
    """They span 16: a quarter is 4, an eighth 2; beyond, a question gets the answer of the end."""
    curve = fit(probed([Law()]), SIZES, FPS, X264)[0]
    assert (curve.crf[0], curve.crf[-1]) == (18, 40)
    assert curve.at(5) == curve.at(18)


def test_nor_beyond_the_range_of_the_codec() -> None:
    curve = fit(probed([Law()]), SIZES, FPS, (20, 39))[0]
    assert (curve.crf[0], curve.crf[-1]) == (20, 39)


def test_two_crfs_make_a_line_in_the_logarithms() -> None:
    """Rates of 400 and 100 meet at their root of the product, 200; odds of 1 to 12 and to .75 at 3."""
    curve = of_scores((22, 4_000_000, 94), (38, 1_000_000, 104 * 3 / 7 - 2))
    assert curve.at(30) == pytest.approx((200, 76))


def test_one_crf_takes_the_usual_slopes() -> None:
    """Half the rate six CRFs on, were it believed so far: at four 2 ** (-4 / 6) of it."""
    curve = of_scores((30, 2_000_000, 76))
    assert (curve.crf[0], curve.crf[-1]) == (26, 34)
    kbps, vmaf = curve.at(34)
    assert kbps == pytest.approx(200 * 2 ** (-4 / 6))
    assert log((102 - vmaf) / (vmaf + 2) * 3) == pytest.approx(4 * 0.12)


def errors(clip: str, sizes: int, *crfs: int) -> NDArray[np.float64]:
    """[2, sizes of the clip x crfs] how far VMAF is from what was measured, and rate as a share, from
    probes at so many sizes (all, or three) and CRF 22, 30 and 38."""
    cells = PROBED[clip]
    every = list(cells)
    some = every if sizes == len(every) else [*every[:-1:2], every[-1]]
    probes = [
        Probe("h264", 0, *size, at, 100 * bits, 100, vmaf, 1)
        for size in some
        for at, (bits, vmaf) in zip(PROBED_CRFS, cells[size], strict=True)
        if at in CRFS
    ]
    missed = []
    for curve, crf in product(fit(probes, every, FPS, X264), crfs):
        kbps, vmaf = curve.at(crf)
        bits, score = cells[curve.size][PROBED_CRFS.index(crf)]
        missed.append((vmaf - score, kbps * 1000 / FPS / bits - 1))
    return np.abs(missed).T


@pytest.mark.parametrize("clip", PROBED)
def test_three_crfs_foretell_those_between(clip: str) -> None:
    """On encodes that are in no fit; the issue asks for .6 of a mean error and a worst of 3."""
    vmaf, kbps = errors(clip, len(PROBED[clip]), 26, 34)
    assert vmaf.mean() < 0.35
    assert vmaf.max() < 0.6
    assert kbps.mean() < 0.01
    assert kbps.max() < 0.02


@pytest.mark.parametrize("clip", PROBED)
def test_three_sizes_foretell_the_others(clip: str) -> None:
    """Little is lost by leaving them out, which is why a small budget does that first."""
    vmaf, kbps = errors(clip, 3, 26, 30, 34)
    assert vmaf.mean() < 0.4
    assert vmaf.max() < 1.3
    assert kbps.mean() < 0.02
    assert kbps.max() < 0.08


@pytest.mark.parametrize("clip", PROBED)
def test_the_largest_size_is_foretold_below_its_probes(clip: str) -> None:
    """Where the top rung of a grainy title is found: CRF 18 from 22 and up."""
    vmaf, kbps = errors(clip, len(PROBED[clip]), 18)
    assert vmaf[0] < 1
    assert kbps[0] < 0.08


@given(LAWS)
@settings(max_examples=40)
def test_sizes_between_probed_ones_are_interpolated(law: Law) -> None:
    """Three sizes of five: 540 and 360 lines within what the gate would accept at the top."""
    curves = fit(probed([law], SIZES[::2]), SIZES, FPS, X264)
    assert [curve.probed for curve in curves] == [True, False, True, False, True]
    for curve in curves:
        assert np.all(np.diff(curve.vmaf) <= 0)
        kbps, vmaf = curve.at(27)
        assert kbps == pytest.approx(law.kbps(curve.size, 27), rel=0.02)
        assert vmaf == pytest.approx(law.vmaf(curve.size, 27), abs=2)


def test_an_interpolated_size_does_not_rise_with_crf_where_its_neighbours_do_not() -> None:
    """Interpolated CRF by CRF, these scores of 240, 432 and 720 lines gave 360 lines a better
    one at CRF 38 than at 22."""
    scores = {
        SIZES[0]: (95.4, 16.7),
        SIZES[2]: (44.4, 37.3),
        SIZES[4]: (80.8, 79.8),
    }
    probes = [
        Probe("h264", 0, *size, crf, 1_000_000, 240, score, 1)
        for size, both in scores.items()
        for crf, score in zip((22, 38), both, strict=True)
    ]
    (between,) = fit(probes, [SIZES[3]], FPS, X264)
    assert np.all(np.diff(between.vmaf) <= 0)


def test_sizes_beyond_probed_ones_have_no_curve() -> None:
    curves = fit(probed([Law()], SIZES[1:3]), SIZES, FPS, X264)
    assert [curve.size for curve in curves] == list(SIZES[1:3])
