"""Whole titles of all that can be asked for come out packaged, proved and listed, in one run each.

A CRF a shot and the fixed ladder have their whole titles where they are tested, test_held and
test_production.
"""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from jobs.encode import mpd
from jobs.encode.order import Order, place
from jobs.encode.playlists import master_tags
from jobs.encode.production import Production
from jobs.encode.receipt import read_receipt
from jobs.encode.run import make
from jobs.encode.taking_in import taken_in
from lakehouse.catalog import CODECS
from lakehouse.settings import Settings
from lakehouse.tables import Lake

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jobs.encode.conftest import Clip

    Json = dict[str, Any]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
NIGHT = "2026-01-10"
SCENES = (
    "testsrc2=s={size}:r=12:d=1[a];mandelbrot=s={size}:r=12,trim=end_frame=12,format=yuv420p[b];"
    "[a][b]concat=n=2"
)
"""Two shots; the smallest size has 240 lines, so a square of 320 has two sizes, 320x240 one."""
LONG = "testsrc2=s=64x48:r=4:d=75[a];mandelbrot=s=64x48:r=4,trim=end_frame=300,format=yuv420p[b];[a][b]concat=n=2"
"""More than two minutes: windows of it are probed."""
SURROUND = (
    "-f",
    "lavfi",
    "-i",
    "aevalsrc='.1*sin(2000*t)|.1*sin(500*t)|0|0|.05*sin(900*t)|0':c=5.1:d=2",
)
MASTER = ("-c:v", "libx264", "-crf", "8", "-threads", "1", "-pix_fmt", "yuv420p")


def made(lake: Lake, order: Order) -> Json:
    """The receipt of a title that was ordered and made."""
    make(lake, [order], False, Console(file=StringIO()))
    return read_receipt(lake.settings, order.title_id)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(Settings(var=str(tmp_path_factory.mktemp("var"))))


def test_every_codec_with_surround_and_a_description(
    lake: Lake, clip: Clip, tmp_path: Path
) -> None:
    sound = ("-map", "0:v", "-map", "1:a", *MASTER, "-c:a", "aac", "-shortest")
    file = clip("film.mkv", SCENES.format(size="320x240"), *sound, before=SURROUND)
    described = clip("told.wav", "aevalsrc='.1*sin(3000*t)':d=2:s=48000", "-c:a", "pcm_s16le")
    text = tmp_path / "film.vtt"
    text.write_text("WEBVTT\n\n00:00.500 --> 00:01.500\nA square.\n")
    receipt = made(
        lake,
        Order("film", str(file), NIGHT, codecs=CODECS, captions=((str(text), "en"),),
              audio_description=str(described), target_vmaf=90),
    )  # fmt: skip
    tops = {rung["codec"]: rung for rung in receipt["ladder"] if rung["ships"]}
    assert set(tops) == set(CODECS)
    assert all(top["vmaf"] >= 90 for top in tops.values())
    assert {one["codec"] for one in receipt["front"]} == set(CODECS)
    folder = lake.settings.at("titles", "published", "film", receipt["version"])
    codecs = {
        one.codecs.split(".")[0] for one in mpd.representations(mpd.read(folder / "manifest.mpd"))
    }
    assert {"avc1", "hvc1", "vp09", "av01", "mp4a", "opus"} <= {word.lower() for word in codecs}
    tags = master_tags((folder / "master.m3u8").read_text())
    heard = [tag.attributes for tag in tags if tag.attributes.get("TYPE") == "AUDIO"]
    assert {said["CHANNELS"].split("/")[0] for said in heard} == {"2", "6"}
    assert any("describes-video" in said.get("CHARACTERISTICS", "") for said in heard)
    assert [one["language"] for one in receipt["captions"]] == ["en"]


def test_a_budget_leaves_probes_out_and_says_so(lake: Lake, clip: Clip) -> None:
    file = clip("silent.mp4", SCENES.format(size="320x320"), *MASTER)
    order = Order("less", str(file), NIGHT, protect="none")
    place(lake.settings, order)
    whole = Production(lake.settings, taken_in(lake.settings, order)).plan("h264")
    budget = whole.cpu_seconds * 0.7
    receipt = made(lake, replace(order, budget_cpu_seconds=budget))
    shots = len(receipt["shots"])
    assert 0 < len(receipt["probes"]) < shots * len(whole.sizes) * len(whole.crfs)
    assert receipt["budget"]["expected"] <= budget
    assert any("would take" in sentence for sentence in receipt["said"])
    assert receipt["ladder"][-1]["ships"]


def test_a_long_title_is_probed_in_windows_and_encoded_whole(lake: Lake, clip: Clip) -> None:
    receipt = made(lake, Order("long", str(clip("long.mp4", LONG, *MASTER)), NIGHT, protect="none"))
    assert 0 < receipt["sample"]["share"] < 0.5
    assert sum(probe["frames"] for probe in receipt["probes"]) < 3 * 600 / 2
    assert abs(receipt["sample"]["bias"]) < 0.5
    assert receipt["master"]["frames"] == 600
    top = receipt["ladder"][-1]
    assert top["vmaf"] >= 95
    assert top["attempts"][0]["mean"] == pytest.approx(top["vmaf_predicted"], abs=3)
