"""Probes say what the final encode will cost and score, and a sample is like its film."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode import vmaf
from jobs.encode.codecs import CODECS
from jobs.encode.facts import Rung, Shot
from jobs.encode.probes import parse, plan, probe, runs, sample
from jobs.encode.renditions import encode

if TYPE_CHECKING:
    from tests.jobs.encode.conftest import Film

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
    keys = plan(together, [(640, 360), (480, 270)])
    assert keys[:3] == ["0-640x360", "0-480x270", "2-640x360"]
    assert parse("2-640x360") == (2, (640, 360))


def test_windows_of_a_sample_are_runs_of_their_own() -> None:
    apart = [Shot(0, 10, 20), Shot(1, 40, 20)]
    assert runs(apart, 1000) == [[apart[0]], [apart[1]]]


def test_a_sample_takes_the_middle_of_each_stratum() -> None:
    # ranked by bits: 0 (100 frames), 2, 1, 3; strata of 200 frames have their middles at 100, 300
    shots = [Shot(n, n * 100, 100) for n in range(4)]
    taken = sample(shots, [1, 3, 2, 4], windows=2, window_frames=40)
    assert taken.shots == (Shot(2, 230, 40), Shot(3, 330, 40))
    assert taken.share == 80 / 400
    assert taken.bias == pytest.approx(3 / 2.5 - 1)


def test_a_short_film_is_taken_whole() -> None:
    shots = [Shot(0, 0, 100)]
    assert sample(shots, [7.0], windows=5, window_frames=10) == sample(shots, [7.0], 9, 99)
    assert sample(shots, [7.0], 5, 10).shots == tuple(shots)


@given(st.lists(st.tuples(st.integers(25, 400), st.floats(1, 1e6)), min_size=40, max_size=200))
def test_a_sample_is_as_hard_as_its_film_by_its_own_account(
    film: list[tuple[int, float]],
) -> None:
    firsts = np.cumsum([0, *(frames for frames, _ in film)]).tolist()
    shots = [Shot(n, firsts[n], frames) for n, (frames, _) in enumerate(film)]
    bits = [each for _, each in film]
    taken = sample(shots, bits, windows=10, window_frames=25)
    inside = {shot.number: shot for shot in shots}
    for window in taken.shots:
        shot = inside[window.number]
        assert shot.first_frame <= window.first_frame
        assert window.first_frame + window.frames <= shot.first_frame + shot.frames
    weights = [shot.frames for shot in shots]
    drawn = np.average(
        [bits[w.number] for w in taken.shots], weights=[w.frames for w in taken.shots]
    )
    assert drawn == pytest.approx((1 + taken.bias) * np.average(bits, weights=weights))
    assert 0 < taken.share <= 0.5 or taken.share == 1
