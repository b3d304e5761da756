"""Explain tells what a rendition was made from, and where nothing was probed, what stands in for it."""

from __future__ import annotations

from typing import Any

from jobs.encode.made_from import master_of, probes_of

RUNG = {"codec": "h264", "width": 960, "height": 540}


def told(*sizes: tuple[int, int]) -> str:
    """What is said of the probes of a rung of 540 lines, where these sizes were probed."""
    probes = [
        {"codec": "h264", "shot": 0, "width": width, "height": height, "crf": 30, "bits": 800_000,
         "frames": 25, "vmaf": 90.0, "cpu_seconds": 1.0}
        for width, height in sizes
    ]  # fmt: skip
    receipt = {"master": {"seconds": 4.0, "frames": 100}, "probes": probes}
    return "\n".join(line.plain for line in probes_of(receipt, RUNG))


def test_a_size_that_was_not_probed_says_between_which_its_curve_lies() -> None:
    """It had shown no probes and no word why."""
    assert told((1920, 1080), (1280, 720), (640, 360), (426, 240)) == (
        "\nIts size was not probed: its curve lies between those of 640x360 and 1280x720."
    )
    assert "800" in told((1280, 720), (960, 540), (640, 360))
    assert "not probed" not in told((1280, 720), (960, 540), (640, 360))
    assert told() == ""  # of the fixed ladder another line says that nothing was probed


def master(**facts: Any) -> str:
    found = {
        "sha256": "ab", "width": 768, "height": 576, "frames": 100, "fps": "25", "container": "mov",
        "pixel_format": "yuv420p", "colour": {"range": "tv"}, "sample_aspect": "16/15", "crop": "",
        "rotation": 0, "hdr": False, "interlaced": False, "audio": [],
    } | facts  # fmt: skip
    return "\n".join(line.plain for line in master_of({"master": found}))


def test_the_master_is_told_with_its_pixels_and_its_sound() -> None:
    tracks = [
        {"index": 0, "codec": "flac", "channels": 6, "language": "en"},
        {"index": 1, "codec": "aac", "channels": 1, "language": "und"},
    ]
    assert master(audio=tracks).endswith(
        "colour: range tv; pixel aspect: 16/15; "
        "sound: track 1 flac of 6 channels in en, track 2 aac of 1 channel in und"
    )
    assert master().endswith("; sound: none")
