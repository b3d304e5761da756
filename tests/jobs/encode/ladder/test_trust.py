"""Few probes are believed as far as they were seen to be true."""

from __future__ import annotations

import numpy as np
import pytest

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


def test_a_size_that_was_probed_itself_is_believed() -> None:
    assert doubt(curves(True, False, True), (640, 360), 3, 3) == 1.0
