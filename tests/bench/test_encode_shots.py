"""The rows about shots are judged where the target was set, and tell the rest beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.encode import lacks
from bench.encode_scenes import kept
from bench.encode_shots import PerShot, rows
from jobs.encode.workshop import Workshop

if TYPE_CHECKING:
    from pathlib import Path

GOOD = PerShot("a", 5, 1.0, -5.0, -9.0, (2.9, 9.0), 1)
POOR = PerShot("b", 6, -1.0, -2.0, -1.0, (3.1, 2.0), 2)


def test_the_target_is_held_against_the_scores_for_which_it_was_set() -> None:
    mean = rows([GOOD, POOR])[2]
    assert (mean.ours, mean.reached) == ("-3.5 %", False)
    assert mean.peer == "+0.0 % over all scores; -5.0 % at a kept floor"
    assert rows([GOOD])[1].reached


@pytest.mark.parametrize(("each", "reached"), [([GOOD], True), ([GOOD, POOR], False)])
def test_one_file_below_its_floor_misses_it(each: list[PerShot], reached: bool) -> None:
    floor = rows(each)[-1]
    assert floor.reached is reached
    assert floor.ours == f"{max(one.deepest[0] for one in each):.2f}"


def test_what_was_not_kept_is_said_and_not_made(tmp_path: Path) -> None:
    looks = Workshop(tmp_path, makes=False)
    assert kept(lambda: looks.make("video", ".mp4", {}, lambda _: {})) is None
    assert kept(lambda: 7) == 7
    assert lacks(["a", "b"]).startswith("Not measured yet: a, b.")
