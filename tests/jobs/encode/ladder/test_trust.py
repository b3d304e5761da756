"""Few probes are believed as far as they were seen to be true."""

from __future__ import annotations

import numpy as np
import pytest

from jobs.encode.facts import Attempt, Rendition, Rung, Score
from jobs.encode.gate import short_of, verdict
from jobs.encode.ladder.curves import Curve
from jobs.encode.ladder.trust import doubt

SIZES = [(1280, 720), (960, 540), (640, 360)]


def curves(*probed: bool) -> list[Curve]:
    crf = np.array([30.0])
    return [
        Curve("h264", size, crf, crf, crf, one) for size, one in zip(SIZES, probed, strict=True)
    ]


@pytest.mark.parametrize(
    ("probed", "crfs", "expected"),
    [
        ((True, True, True), 3, 1.0),
        ((True, False, True), 3, 1.8),  # .9 instead of .5, at the size between
        ((True, False, True), 1, 5.4),  # 2.7 instead of .5
        ((True, True, True), 2, 5.4),
    ],
)
def test_fewer_sizes_or_crfs_are_believed_less(
    probed: tuple[bool, ...], crfs: int, expected: float
) -> None:
    assert doubt(curves(*probed), (960, 540), crfs, 3) == pytest.approx(expected)


def test_a_top_that_ships_far_below_its_target_is_told() -> None:
    # what is allowed of a promise of 95 is 2.75, and 5.4 times that where one CRF was probed
    rung = Rung("h264", 1280, 720, 25, 900, 95, 1800)
    score = Score(80.2, 80, 72, 80, 4, 5, 250, "vmaf_v0.6.1", 1280, 720)
    top = Rendition(rung, "", "", 900, 1500, score, 1.0, (Attempt(25, 80.2, 900),))
    assert verdict(top) != ()
    assert verdict(top, doubt(curves(True, True, True), (1280, 720), 1, 3)) == ()
    (said,) = short_of([top], 95)
    assert said == f"The best of h264, {rung.name}, scores 80.2 instead of 95."


def test_a_size_that_was_probed_itself_is_believed() -> None:
    assert doubt(curves(True, False, True), (640, 360), 3, 3) == 1.0
