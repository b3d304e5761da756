"""Shots begin at the very frame where the picture changes, and none is shorter than asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.facts import Shot
from jobs.encode.ingest import scanned
from jobs.encode.shots import find_shots, master_bits, shots_between

if TYPE_CHECKING:
    from tests.jobs.encode.conftest import Film


def test_cuts_are_found_at_their_frames(film: Film) -> None:
    assert film.shots == [Shot(0, 0, 40), Shot(1, 40, 30), Shot(2, 70, 30)]


def test_the_table_of_shots_is_made_once(film: Film) -> None:
    (table,) = film.work.folder.glob("shots-*.json.json")
    before = table.stat().st_mtime_ns
    assert find_shots(film.work, film.path, film.master) == film.shots
    assert table.stat().st_mtime_ns == before


def test_of_a_short_shot_the_weaker_cut_goes() -> None:
    # 0..50..60..100, shortest 25: the shot 50-60 goes to the side from which it differs less
    assert shots_between({50: 30, 60: 20}, 100, 25) == [Shot(0, 0, 50), Shot(1, 50, 50)]
    assert shots_between({50: 20, 60: 30}, 100, 25) == [Shot(0, 0, 60), Shot(1, 60, 40)]
    assert shots_between({5: 90}, 100, 25) == [Shot(0, 0, 100)]  # it has one neighbour only


def test_a_film_shorter_than_a_shot_is_one() -> None:
    assert shots_between({3: 50, 6: 40}, 10, 25) == [Shot(0, 0, 10)]


@given(
    st.dictionaries(st.integers(-5, 520), st.floats(10, 100), max_size=60),
    st.integers(1, 500),
    st.integers(1, 60),
)
def test_shots_cover_all_frames_once(cuts: dict[int, float], frames: int, shortest: int) -> None:
    shots = shots_between(cuts, frames, shortest)
    assert np.cumsum([0, *(shot.frames for shot in shots)]).tolist() == [
        *(shot.first_frame for shot in shots), frames,
    ]  # fmt: skip
    assert [shot.number for shot in shots] == list(range(len(shots)))
    assert len(shots) == 1 or min(shot.frames for shot in shots) >= shortest


def test_what_the_master_spends_on_a_shot_is_its_own_packets(film: Film) -> None:
    bits = master_bits(film.work, film.path, film.master, film.shots)
    total = sum(mean * shot.frames for mean, shot in zip(bits, film.shots, strict=True))
    arrays = np.load(scanned(film.work, film.path, film.master.sha256).path)
    assert total == pytest.approx(arrays["bits"].sum())
    assert bits[2] < bits[0]  # colour bars stand still
