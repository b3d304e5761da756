"""Rates are of all packets, and a peak is the dearest two seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from jobs.encode.packets import kbps, packets_of, peak_kbps

if TYPE_CHECKING:
    from tests.jobs.encode.conftest import Film


def test_the_mean_and_the_peak() -> None:
    bits = np.full(100, 1000)  # 25 kb/s at 25 frames a second
    bits[60:85] = 5000  # a second of 125 kb/s
    assert kbps(bits, 25) == pytest.approx(50)
    assert peak_kbps(bits, 25) == pytest.approx((125 + 25) / 2)
    assert peak_kbps(bits[:10], 25) == pytest.approx(25)  # shorter than the window: its own mean


def test_packets_stand_in_the_order_in_which_they_are_shown(film: Film) -> None:
    packets = packets_of(film.path)
    assert len(packets.bits) == film.master.frames
    assert packets.keyframes[0] == 0
    # with B-frames the packet shown second is not the second in the file, and it is a small one
    assert packets.bits[0] == packets.bits[:20].max()
    assert packets.bits.sum() / 8 < film.path.stat().st_size
