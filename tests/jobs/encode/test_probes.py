"""Probes say what the final encode will cost and score, and a sample is like its film."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode import vmaf
from jobs.encode.codecs import CODECS
from jobs.encode.encoders import encode_frames, keyframes, within
from jobs.encode.facts import Probe, Rung, Shot
from jobs.encode.ladder.curves import fit
from jobs.encode.packets import packets_of
from jobs.encode.probes import keys_of, margins, parse, probe, runs, sample, whole
from jobs.encode.renditions import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from jobs.encode.probes import Sample
    from tests.jobs.encode.conftest import Film

    Floats = NDArray[np.float64]

SIZE, CRFS = (192, 144), (24, 34)


def test_a_run_predicts_the_final_encode_of_each_shot(film: Film) -> None:
    found = probe(film.work, film.path, film.master, film.shots, SIZE, CODECS["h264"], CRFS)
    assert [(each.shot, each.crf) for each in found] == [
        (shot, crf) for shot in (0, 1, 2) for crf in CRFS
    ]
    rung = Rung("h264", *SIZE, CRFS[1], 0, 0, 50_000)
    final = encode(film.work, film.path, film.master, film.shots, rung)
    at = [each for each in found if each.crf == CRFS[1]]
    assert sum(each.bits for each in at) / 4000 == pytest.approx(final.facts["kbps"], rel=0.02)
    values = vmaf.per_frame(vmaf.measure(film.work, film.path, film.master, final.path))
    for each, shot in zip(at, film.shots, strict=True):
        own = values[shot.first_frame : shot.first_frame + shot.frames]
        assert each.vmaf == pytest.approx(own.mean(), abs=1.0)  # of every third frame
        assert each.frames == shot.frames


def test_dearer_is_better_and_probes_are_made_once(film: Film) -> None:
    size, shot = (160, 120), film.shots[:1]
    low, high = probe(film.work, film.path, film.master, shot, size, CODECS["h264"], (38, 22))
    assert low.bits < high.bits
    assert low.vmaf < high.vmaf - 5
    assert high.cpu_seconds > 0
    (note,) = film.work.folder.glob("probe-h264-0-160x120-*.json.json")
    before = note.stat().st_mtime_ns
    again = probe(film.work, film.path, film.master, shot, size, CODECS["h264"], (38, 22))
    assert again == [low, high]
    assert note.stat().st_mtime_ns == before


def test_keys_name_runs_and_sizes() -> None:
    shots = [Shot(0, 0, 30), Shot(1, 30, 30), Shot(2, 60, 90), Shot(3, 150, 10)]
    together = runs(shots, 50)
    assert [[shot.number for shot in run] for run in together] == [[0, 1], [2], [3]]
    keys = keys_of(together, [(640, 360), (480, 270)])
    assert keys[:3] == ["0-640x360", "0-480x270", "2-640x360"]
    assert parse("2-640x360") == (2, (640, 360))


def test_windows_of_a_sample_are_runs_of_their_own() -> None:
    apart = [Shot(0, 10, 20), Shot(1, 40, 20)]
    assert runs(apart, 1000) == [[apart[0]], [apart[1]]]


def planted(hardness: Floats) -> Callable[[Sequence[Shot]], list[float]]:
    """What a master spends on a frame of each window where it spends so much on each frame."""
    return lambda windows: [
        float(hardness[one.first_frame : one.first_frame + one.frames].mean()) for one in windows
    ]


def cut(*lengths: int) -> list[Shot]:
    firsts = np.cumsum([0, *lengths]).tolist()
    return [Shot(n, firsts[n], frames) for n, frames in enumerate(lengths)]


def foretold(taken: Sample, hardness: Floats) -> float:
    """The mean of the film as its probes would say it, were they of this hardness."""
    means = [hardness[w.first_frame : w.first_frame + w.frames].mean() for w in taken.shots]
    return float(np.average(means, weights=[taken.stands_for[w.number] for w in taken.shots]))


def test_windows_lie_evenly_and_weigh_what_the_film_does() -> None:
    # ten windows of 40 frames; two take the middles of the halves, windows 2 and 7
    hardness = np.repeat([1.0, 1, 2, 1, 1, 1, 1, 6, 1, 5], 40)
    taken = sample(cut(100, 300), planted(hardness), windows=2, window_frames=40)
    # the cut at 100 parts window 2 in halves
    assert taken.shots == (Shot(0, 80, 20), Shot(1, 100, 20), Shot(2, 280, 40))
    assert taken.share == 80 / 400
    # 2 and 6 have a mean of 4 and the film one of 2: all of it would have to be like window 2
    # (1 - 1, 1 + 1), but a window counts for a quarter at least
    assert taken.stands_for == {0: 175, 1: 175, 2: 50}
    assert taken.bias == pytest.approx((1.75 * 2 + 0.25 * 6) / 2 / 2 - 1)


def test_what_the_windows_have_too_much_of_counts_for_less() -> None:
    """Windows of 1 and 3 in a film of 1.5: three quarters of it are as the easy one."""
    hardness = np.repeat([1.0, 1, 1, 0.5, 1, 1, 1, 3, 2.5, 3], 40)
    taken = sample(cut(400), planted(hardness), windows=2, window_frames=40)
    assert taken.stands_for == {0: pytest.approx(300), 1: pytest.approx(100)}
    assert taken.bias == pytest.approx(0)


def test_a_short_film_is_taken_whole() -> None:
    shots = cut(100, 20)
    taken = sample(shots, planted(np.ones(120)), windows=5, window_frames=12)
    assert taken == whole(shots)
    assert (taken.stands_for, taken.share, taken.bias) == ({0: 100, 1: 20}, 1.0, 0.0)


def test_a_film_of_one_shot_is_looked_at_all_over() -> None:
    """An hour without a cut got one window of three seconds, which was said to be like all of it."""
    taken = sample(cut(90_000), planted(np.arange(90_000.0)), windows=32, window_frames=50)
    assert len(taken.shots) == 32
    assert sum(taken.stands_for.values()) == pytest.approx(90_000)
    assert taken.bias == pytest.approx(0)


@pytest.mark.parametrize("lengths", [(45_000, *[100] * 450), (90_000,), tuple([100] * 900)])
@pytest.mark.parametrize("order", ["halves", "shuffled"])
def test_half_easy_and_half_hard_is_told_as_half_and_half(
    lengths: tuple[int, ...], order: str
) -> None:
    """However the halves are cut into shots: a long shot beside 450 short ones came out 27 % hard."""
    hard = np.repeat([False, True], 45_000)
    if order == "shuffled":
        hard = np.random.default_rng(7).permutation(900).repeat(100) % 2 == 1
    taken = sample(cut(*lengths), planted(np.where(hard, 9.0, 1.0)), 32, 50)
    assert foretold(taken, np.where(hard, 9.0, 1.0)) == pytest.approx(5)
    assert foretold(taken, np.where(hard, 60.0, 90.0)) == pytest.approx(75)  # as a score, likewise
    assert taken.bias == pytest.approx(0)


FILMS = st.lists(st.tuples(st.integers(1, 1500), st.floats(1, 1e6)), min_size=1, max_size=60)


@given(FILMS, st.integers(1, 20), st.integers(1, 100))
def test_every_frame_of_a_film_is_spoken_for_once_and_the_bias_is_known(
    film: list[tuple[int, float]], windows: int, window_frames: int
) -> None:
    shots = cut(*(frames for frames, _ in film))
    total = sum(frames for frames, _ in film)
    hardness = np.repeat([each for _, each in film], [frames for frames, _ in film])
    taken = sample(shots, planted(hardness), windows, window_frames)
    assert sum(taken.stands_for.values()) == pytest.approx(total)
    assert set(taken.stands_for) == {part.number for part in taken.shots}
    assert min(taken.stands_for.values()) > 0
    assert taken.share == pytest.approx(sum(part.frames for part in taken.shots) / total)
    assert 0 < taken.share < 0.5 or taken == whole(shots)
    for part in taken.shots:  # of one shot and of one window
        assert any(
            shot.first_frame <= part.first_frame
            and part.first_frame + part.frames <= shot.first_frame + shot.frames
            for shot in shots
        )
    assert foretold(taken, hardness) == pytest.approx((1 + taken.bias) * hardness.mean())


@given(FILMS)
def test_weights_bring_the_sample_nearer_to_its_film_and_no_window_speaks_for_much(
    film: list[tuple[int, float]],
) -> None:
    shots = cut(*(frames for frames, _ in film))
    hardness = np.repeat([each for _, each in film], [frames for frames, _ in film])
    taken = sample(shots, planted(hardness), 16, 25)
    if taken.share == 1:
        return
    equal = np.average(
        [hardness[w.first_frame : w.first_frame + w.frames].mean() for w in taken.shots],
        weights=[w.frames for w in taken.shots],
    )
    assert abs(taken.bias) <= abs(equal / hardness.mean() - 1) + 1e-6
    windows = [part.first_frame // 25 for part in taken.shots]
    assert len(set(windows)) == 16
    for window in set(windows):
        own = [p.number for p, at in zip(taken.shots, windows, strict=True) if at == window]
        part = sum(taken.stands_for[number] for number in own) / (len(hardness) / 16)
        assert 0.25 - 1e-9 <= part <= 4 + 1e-9


def test_a_run_within_the_film_costs_and_scores_what_it_does_in_the_whole(film: Film) -> None:
    """Encoded by itself it had cost 11 % less on a film, since nothing was looked ahead at."""
    run = [Shot(0, 25, 15), Shot(1, 40, 10)]  # a group of 25 that begins and ends within the film
    assert margins(run, film.master) == (25, 25)
    assert margins(film.shots, film.master) == (0, 0)
    found = probe(film.work, film.path, film.master, run, SIZE, CODECS["h264"], CRFS[1:])
    keys = [*film.shots[1:], Shot(0, 25, 15), Shot(0, 50, 20)]
    whole = film.work.folder / "whole.mp4"
    encode_frames({whole: CRFS[1]}, film.path, film.master, Shot(0, 0, 100), SIZE, CODECS["h264"],
                  within(keyframes(keys, 100, 50), Shot(0, 0, 100)))  # fmt: skip
    bits = packets_of(whole).bits
    ((values,), _) = vmaf.compare(film.path, film.master, 0, 100, [whole], 1)
    for each, part in zip(found, run, strict=True):
        own = slice(part.first_frame, part.first_frame + part.frames)
        assert each.bits == pytest.approx(bits[own].sum(), rel=0.05)
        assert each.vmaf == pytest.approx(values[own].mean(), abs=1.0)  # of every third frame


def test_probes_of_parts_make_the_curve_of_the_film() -> None:
    """What they speak for is what they count for: 25 frames for 100 and 75 for 300."""
    probes = [
        Probe("h264", 0, 640, 360, 30, 25 * 4_000, 25, 90, 1),
        Probe("h264", 1, 640, 360, 30, 75 * 8_000, 75, 70, 1),
    ]
    (curve,) = fit(probes, [(640, 360)], 25, (0, 51), {0: 300, 1: 100})
    assert curve.at(30) == pytest.approx((5_000 * 25 / 1000, 85))
