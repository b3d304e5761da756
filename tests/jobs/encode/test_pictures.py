"""The report's pictures show what the receipt says, of any declared codec."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from jobs.encode.codecs import CODECS, told
from jobs.encode.pictures import ladder, weights


def receipt(*rungs: tuple[str, int, float, float], fixed: bool = True) -> dict[str, Any]:
    """Of rungs: codec, lines, kb/s, VMAF."""
    return {
        "codecs": told(),
        "target_vmaf": 95,
        "front": [{"codec": codec, "kbps": rate, "vmaf": vmaf} for codec, _, rate, vmaf in rungs],
        "fixed": [{"kbps": 145, "vmaf": 60}, {"kbps": 365, "vmaf": 80}] if fixed else [],
        "ladder": [
            {"name": f"{codec}-{lines}p", "codec": codec, "width": 2 * lines, "height": lines,
             "kbps": rate, "kbps_predicted": rate, "kbps_peak": 2 * rate, "vmaf": vmaf,
             "vmaf_predicted": vmaf, "ships": True}
            for codec, lines, rate, vmaf in rungs
        ],
    }  # fmt: skip


@pytest.mark.parametrize("codec", CODECS)
def test_a_codec_is_drawn_in_its_name_and_colour(codec: str) -> None:
    drawn = ladder(receipt((codec, 360, 500, 90)))
    (axes,) = drawn.axes
    front = next(
        line
        for line in axes.lines
        if line.get_label() == f"{CODECS[codec].shown}, best of all sizes"
    )
    assert front.get_color() == CODECS[codec].colour
    assert len(weights(receipt((codec, 360, 500, 90))).axes[0].patches) == 1


@pytest.mark.parametrize("there", [True, False])
def test_the_fixed_ladder_is_drawn_where_it_was_foreseen(there: bool) -> None:
    (axes,) = ladder(receipt(("h264", 360, 500, 90), fixed=there)).axes
    lines = [line for line in axes.lines if line.get_label() == "fixed ladder, foreseen"]
    assert [np.asarray(line.get_xdata()).tolist() for line in lines] == (
        [[145, 365]] if there else []
    )


def test_names_of_rungs_do_not_lie_over_each_other() -> None:
    # AV1 and H.264 at nearly the same place have one name, a size further up its own
    near = receipt(("av1", 240, 190, 80.0), ("h264", 240, 200, 79.0), ("h264", 360, 400, 90.0))
    (axes,) = ladder(near).axes
    assert sorted(text.get_text() for text in axes.texts) == ["480x240", "720x360"]
