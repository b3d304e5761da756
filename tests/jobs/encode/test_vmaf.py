"""A score is of the right frames, at the master's size, and adds up from its frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from jobs.encode.facts import Shot
from jobs.encode.picture import FramesLost
from jobs.encode.tools import ffmpeg
from jobs.encode.vmaf import MODEL, compare, harmonic, measure, per_frame, scored
from tests.jobs.encode.test_sizes import master

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jobs.encode.conftest import Film


def test_a_score_adds_up() -> None:
    # two shots, values 90 and 50 and one frame of 10: the mean of the second is 46
    values = np.array([90] * 10 + [50] * 9 + [10], np.float32)
    shots = [Shot(0, 0, 10), Shot(1, 10, 10)]
    found = scored(values, shots, master(320, 240))
    assert (found.mean, found.worst_shot, found.worst_shot_number) == (68, 46, 1)
    assert found.harmonic == pytest.approx(20 / (10 / 91 + 9 / 51 + 1 / 11) - 1)
    assert found.p1 == pytest.approx(10 + 0.19 * 40)  # between the two lowest of 20
    assert (found.frames, found.model, found.width, found.height) == (20, MODEL, 320, 240)


def test_a_frame_of_no_worth_does_not_divide_by_zero() -> None:
    assert harmonic(np.array([0, 100], np.float32)) == pytest.approx(2 / (1 + 1 / 101) - 1)


def test_the_master_itself_scores_best_and_a_frame_late_far_worse(
    film: Film, tmp_path: Path
) -> None:
    late = tmp_path / "late.mkv"
    whole = ("-i", film.path, "-c:v", "ffv1", "-threads", "1")
    ffmpeg("-v", "error", *whole, "-vf", "tpad=start=1,trim=end_frame=100", late)
    (own, moved), _ = compare(film.path, film.master, 0, 100, [film.path, late], 3)
    assert len(own) == 34
    assert own.mean() > 97
    assert moved[:13].mean() < own[:13].mean() - 15  # the first scene moves


def test_a_rendition_is_compared_at_the_masters_size(film: Film, tmp_path: Path) -> None:
    half = tmp_path / "half.mkv"
    whole = ("-i", film.path, "-vf", "scale=160:120", "-c:v", "ffv1", "-threads", "1")
    ffmpeg("-v", "error", *whole, half)
    (values,), _ = compare(film.path, film.master, 0, 100, [half], 7)
    assert values.mean() < 92  # fine lines are gone; at 160x120 it is the scaled master itself


def test_values_are_kept_and_not_measured_again(film: Film) -> None:
    made = measure(film.work, film.path, film.master, film.path)
    assert per_frame(made).shape == (100,)
    assert made.facts["cpu_seconds"] > 0
    before = made.path.stat().st_mtime_ns
    again = measure(film.work, film.path, film.master, film.path)
    assert (again.sha256, again.path.stat().st_mtime_ns) == (made.sha256, before)


def test_a_rendition_that_lacks_frames_has_no_score(film: Film, tmp_path: Path) -> None:
    short = tmp_path / "short.mp4"
    ffmpeg("-v", "error", "-i", film.path, "-frames:v", "60", "-c", "copy", short)
    with pytest.raises(FramesLost, match="due"):
        measure(film.work, film.path, film.master, short)
