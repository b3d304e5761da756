"""A ladder reaches its target, climbs evenly, and never gives a viewer less for more."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.encode.codecs import Cap
from jobs.encode.facts import Probe, Rung
from jobs.encode.ladder.curves import fit
from jobs.encode.ladder.errors import NoRung
from jobs.encode.ladder.front import front, points
from jobs.encode.ladder.rungs import CAPS, Aims, choose_from, shortfalls
from tests.jobs.encode.ladder.laws import CRFS, FPS, LAWS, SIZES, X264, Law, probed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.encode.ladder.grid import Size

ANYTHING = Cap(10_000, 1e12, 1e9)


def ladder_of(
    law: Law, aims: Aims | None = None, cap: Cap = ANYTHING, fps: float = FPS
) -> list[Rung]:
    return choose_from(fit(probed([law]), SIZES, FPS, X264), aims or Aims(), cap, fps)


def choose(
    probes: Sequence[Probe], sizes: Sequence[Size], target: float = 95, crf_step: float = 1.0
) -> list[Rung]:
    """As a title of H.264 is laid."""
    return choose_from(fit(probes, sizes, FPS, X264), Aims(target), CAPS["h264"], FPS, crf_step)


def climbs(rungs: list[Rung]) -> bool:
    """Rate and VMAF rise, and resolution does not fall."""
    return all(
        low.kbps < high.kbps and low.vmaf < high.vmaf and low.height <= high.height
        for low, high in pairwise(rungs)
    )


@given(LAWS, st.floats(70, 97), st.floats(50, 500), st.floats(0, 90))
@settings(max_examples=60)
def test_what_holds_of_every_ladder(law: Law, target: float, floor: float, worst: float) -> None:
    aims = Aims(target, floor, worst)
    rungs = ladder_of(law, aims)
    assert climbs(rungs)
    assert all(low.kbps >= floor and low.vmaf >= worst for low in rungs[:-1])
    assert all(1.25 <= high.kbps / low.kbps <= 1.8 for low, high in pairwise(rungs))
    assert all(rung.maxrate_kbps == pytest.approx(2 * rung.kbps) for rung in rungs)
    assert len({rung.name for rung in rungs}) == len(rungs)
    assert shortfalls(rungs, aims)[1:] == []


@given(LAWS, st.floats(70, 97))
@settings(max_examples=60)
def test_the_top_is_the_cheapest_that_reaches_the_target(law: Law, target: float) -> None:
    everything = points(fit(probed([law]), SIZES, FPS, X264))
    reaching = [point.kbps for point in everything if point.vmaf >= target]
    top = ladder_of(law, Aims(target))[-1]
    if reaching:
        assert (top.vmaf >= target, top.kbps) == (True, min(reaching))
    else:
        assert top.vmaf == max(point.vmaf for point in everything)


SCORES = st.lists(st.floats(0, 100), min_size=15, max_size=15)
BITS = st.lists(st.integers(10_000, 10**8), min_size=15, max_size=15)


@given(SCORES, BITS)
@settings(max_examples=100)
def test_it_climbs_whatever_was_probed(scores: list[float], bits: list[int]) -> None:
    """Noise on every probe: a bad fit once put 720 lines at 1,044 kb/s below 540 at 1,734."""
    cells = [(size, crf) for size in SIZES for crf in CRFS]
    probes = [
        Probe("h264", 0, *size, crf, bit, 240, score, 1)
        for (size, crf), bit, score in zip(cells, bits, scores, strict=True)
    ]
    rungs = choose(probes, SIZES)
    assert climbs(rungs)
    assert all(high.kbps >= 1.25 * low.kbps for low, high in pairwise(rungs))


def test_steps_are_even() -> None:
    """The top costs twice the floor: two steps of the root of 2 within a CRF (11.6 % of rate), not
    one of 1.8 and no room for another."""
    top = ladder_of(Law())[-1]
    rungs = ladder_of(Law(), Aims(floor_kbps=top.kbps / 2))
    assert len(rungs) == 3
    assert all(1.27 < high.kbps / low.kbps < 1.58 for low, high in pairwise(rungs))


def test_a_floor_of_vmaf_ends_the_ladder_before_that_of_rate() -> None:
    assert ladder_of(Law())[0].vmaf < 85
    assert 85 <= ladder_of(Law(), Aims(floor_vmaf=85))[0].vmaf < 88


def test_rungs_lie_on_the_front() -> None:
    curves = fit(probed([Law()]), SIZES, FPS, X264)
    best = {(point.size, point.crf) for point in front(points(curves))}
    rungs = choose_from(curves, Aims(), ANYTHING, FPS)
    assert {((rung.width, rung.height), rung.crf) for rung in rungs} <= best
    assert len({rung.height for rung in rungs}) > 2


def test_a_target_out_of_reach_gives_the_best_and_says_so() -> None:
    rungs = ladder_of(Law(log_loss=-1.43))
    assert rungs[-1].crf == 18
    assert shortfalls(rungs, Aims()) == [
        f"{rungs[-1].name} was expected to score {rungs[-1].vmaf:.1f} instead of 95: 1280x720 at CRF "
        "18 is the best that the probes and the devices' caps reach."
    ]


@pytest.mark.parametrize(("log_kbps", "rungs"), [(3.0, 1), (4.8, 1), (4.95, 2)])
def test_an_easy_title_has_few_rungs(log_kbps: float, rungs: int) -> None:
    """Their tops cost .19, 1.17 and 1.35 times the floor; below 1.25 there is no room for another."""
    assert len(ladder_of(Law(log_kbps))) == rungs


def test_sizes_below_240_lines_are_for_sources_below_240_lines() -> None:
    sizes = ((640, 272), (480, 204))
    rungs = choose(probed([Law()], sizes), sizes)
    assert {rung.height for rung in rungs} == {272}


def test_a_source_below_240_lines_has_its_own_size_alone() -> None:
    sizes = ((320, 180), (240, 136))
    rungs = choose(probed([Law()], sizes), sizes, 60)
    assert {rung.height for rung in rungs} == {180}


def test_an_upright_picture_has_lines_across_its_shorter_side() -> None:
    sizes = ((720, 1280), (234, 416))
    rungs = choose(probed([Law()], sizes), sizes)
    assert {rung.width for rung in rungs} == {720}


def test_devices_set_a_limit_to_lines_and_peaks() -> None:
    by_lines = ladder_of(Law(), cap=Cap(540, 1e12, 1e9))
    assert max(rung.height for rung in by_lines) == 540
    by_rate = ladder_of(Law(), cap=Cap(1080, 1e12, 1000))
    assert 850 < by_rate[-1].maxrate_kbps <= 1000  # within a CRF of it


def test_every_codec_caps_what_it_should() -> None:
    """A rung of 1080 lines is for all; H.264 devices stop there."""
    assert {codec: cap.lines for codec, cap in CAPS.items()} == {
        **{"h264": 1080, "hevc": 2160, "vp9": 2160, "av1": 2160}
    }


@pytest.mark.parametrize(
    ("codec", "size", "fps", "plays"),
    [
        ("h264", (1920, 1080), 60, True),  # 8,160 macroblocks: 489,600 of 522,240
        ("h264", (1920, 1080), 64.2, False),  # 523,872, though 1920 x 1080 x 64.2 are fewer pixels
        ("h264", (1920, 1080), 120, False),
        ("h264", (1080, 1920), 60, True),
        ("h264", (1280, 720), 120, True),
        ("h264", (1280, 720), 240, False),
        ("hevc", (3840, 2160), 30, True),
        ("hevc", (3840, 2160), 60, False),
        ("av1", (1920, 1080), 120, True),
        ("vp9", (3840, 2024), 30, True),
        ("vp9", (4096, 2160), 30, False),  # of cinemas: no screen of 2160 lines is so broad
    ],
)
def test_devices_set_a_limit_to_pixels_a_second(
    codec: str, size: Size, fps: float, plays: bool
) -> None:
    """Sixty frames of 1080 lines a second are in level 4.2 of H.264, twice as many are not."""
    assert CAPS[codec].plays(size, fps, 1000) == plays


def test_a_fast_title_gets_the_sizes_that_devices_follow() -> None:
    level = Cap(1080, 1280 * 720 * 30, 1e9)
    assert ladder_of(Law(), cap=level, fps=30)[-1].height == 720
    assert max(rung.height for rung in ladder_of(Law(), cap=level, fps=50)) == 540


def test_nothing_that_devices_play_is_an_error() -> None:
    with pytest.raises(
        NoRung, match=r"h264 devices play \(100 lines, 1,000,000,000 pixels a second"
    ):
        ladder_of(Law(), cap=Cap(100, 1e9, 1e9))


def test_a_gap_between_sizes_is_said() -> None:
    """One size alone, probed at one CRF: eight CRFs span 2.5 times, so the ladder ends there."""
    rungs = [
        Rung("h264", 640, 360, 30, 200, 70, 400),
        Rung("h264", 640, 360, 22, 600, 96, 1200),
    ]
    assert shortfalls(rungs, Aims()) == [
        "h264-360p-200k and h264-360p-600k lie 3.00 times apart: no size has a point between."
    ]


def test_finer_crfs_land_nearer_the_target() -> None:
    for step, most in ((1.0, 1.0), (0.25, 0.3)):
        rungs = choose(probed([Law()]), SIZES, 93, step)
        assert 93 <= rungs[-1].vmaf < 93 + most
