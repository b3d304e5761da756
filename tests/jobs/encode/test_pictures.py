"""The report's pictures show what the receipt says, of any declared codec."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from jobs.encode.codecs import CODECS, told
from jobs.encode.pictures import ladder, weights


def receipt(*rungs: tuple[str, int, float, float], fixed: bool = True) -> dict[str, Any]:
    """Of rungs: codec, lines, kb/s, VMAF."""
    return {
        "codecs": told(),
        "target_vmaf": 95,
        "master": {"seconds": 60.0},
        "audio": [{"name": "audio-0-aac", "kbps": 128.0}],
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
    (axes,) = weights(receipt((codec, 360, 500, 90))).axes
    *_, rung = axes.patches
    assert np.allclose(rung.get_facecolor(), to_rgba(CODECS[codec].colour))


def test_what_a_rung_and_a_sound_weigh_is_written_in_bytes() -> None:
    """The plot of bytes had none: a rate says nothing of them to who does not know the seconds."""
    (axes,) = weights(receipt(("h264", 240, 200, 80), ("h264", 360, 500, 90))).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "audio-0-aac", "h264-240p", "h264-360p",
    ]  # fmt: skip
    # 128, 200 and 500 kb/s for 60 s
    assert [text.get_text() for text in axes.texts] == ["960.0 kB", "1.5 MB", "3.8 MB"]


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
