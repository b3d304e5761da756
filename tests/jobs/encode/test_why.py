"""Each rung says why it is there: target, step of rate, size on the front, floor, caps, tries."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.encode.why import reasons

Json = dict[str, Any]


def rung(name: str, height: int, kbps: float, vmaf: float, tries: int = 1) -> Json:
    attempts = [{"crf": 30 - n, "mean": vmaf - 1 + n, "kbps": kbps} for n in range(tries)]
    return {
        "name": name, "codec": "h264", "width": 2 * height, "height": height, "crf": 30,
        "kbps_predicted": kbps, "vmaf_predicted": vmaf, "attempts": attempts,
    }  # fmt: skip


LADDER = [
    rung("low", 240, 170, 70), rung("middle", 480, 300, 80), rung("top", 480, 540, 95, tries=2),
]  # fmt: skip
FRONT = [
    {"codec": "h264", "width": 480, "height": 240, "crf": 30, "kbps": 170, "vmaf": 70},
    {"codec": "h264", "width": 1440, "height": 720, "crf": 38, "kbps": 300, "vmaf": 82},
    {"codec": "h264", "width": 960, "height": 480, "crf": 24, "kbps": 540, "vmaf": 95},
    {"codec": "av1", "width": 960, "height": 480, "crf": 40, "kbps": 170, "vmaf": 99},
]


def receipt(**said: Any) -> Json:
    master = {"width": 1440, "height": 720, "fps": "24"}
    return {"target_vmaf": 95, "ladder": LADDER, "front": FRONT, "master": master, **said}


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (2, "The top: the cheapest point that was promised to reach VMAF 95."),
        (2, "960x480 is on the front: no other size was promised more for so many bits."),
        (2, "It was encoded 2 times to be on target: CRF 30 scored 94.0, CRF 29 scored 95.0."),
        (1, "A step down: 1.80 times cheaper than top, of the 1.25 to 1.8 times"),
        (1, "960x480 lies 2.0 VMAF under the front of all sizes: it holds the size of the rung above"),
        (0, "A step down: 1.76 times cheaper than middle"),
        (0, "The lowest: another step down would cost less than the floor of 145 kb/s."),
    ],
)  # fmt: skip
def test_a_rung_says_why_it_is_there(number: int, said: str) -> None:
    assert any(sentence.startswith(said) for sentence in reasons(receipt(), LADDER[number]))


def test_a_title_that_was_not_probed_has_the_fixed_ladder() -> None:
    fixed = rung("fixed", 240, 170, 70) | {"vmaf_predicted": None, "maxrate_kbps": 340.0}
    (told,) = reasons(receipt(ladder=[fixed], front=[]), fixed)
    assert "since nothing was probed" in told


def test_a_rung_that_gave_way_to_its_cap_says_which_shots_and_from_which_peak() -> None:
    tries = [
        {"crf": 40, "mean": 95.7, "peak_kbps": 2473},
        {"crf": 40, "mean": 94.1, "peak_kbps": 1627},
    ]
    calmed = LADDER[1] | {"calmed": [1, 4], "attempts": tries, "maxrate_kbps": 870}
    (said,) = (one for one in reasons(receipt(), calmed) if "cap of" in one)
    assert said == (
        "It was encoded 2 times for its cap of 870 kb/s, to which quality gave way: shots 1, 4 have a worse "
        "CRF than they were to have, and it scored 95.7 with a peak of 2,473 kb/s, 94.1 with a peak of 1,627 kb/s."
    )


def test_a_target_out_of_reach_is_told() -> None:
    told = reasons(receipt(target_vmaf=97), LADDER[2])
    assert told[0].endswith("since none was promised to reach VMAF 97.")


def test_a_gap_that_no_size_fills_is_told() -> None:
    ladder = [LADDER[0], LADDER[2]]
    told = reasons(receipt(ladder=ladder), ladder[0])
    assert "3.18 times cheaper than top, more than the 1.8 times" in told[0]


@pytest.mark.parametrize(
    ("master", "kbps", "said"),
    [
        (
            {"width": 3840, "height": 2160, "fps": "24"},
            540,
            "Sizes of more than 1080 lines were left out",
        ),
        ({"width": 1920, "height": 1080, "fps": "120"}, 540, "pixels a second were left out"),
        (
            {"width": 1920, "height": 1080, "fps": "24"},
            12_000,
            "h264 devices play peaks of 25,000 kb/s.",
        ),
        ({"width": 1920, "height": 1080, "fps": "24"}, 540, ""),
    ],
)
def test_what_devices_cannot_play_is_told(master: Json, kbps: float, said: str) -> None:
    top = rung("top", 480, kbps, 95)
    told = reasons(receipt(ladder=[top], master=master), top)
    assert any(said in sentence for sentence in told) if said else "left out" not in " ".join(told)
