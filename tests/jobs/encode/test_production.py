"""A title gets its ladder from as many probes as it may have: of windows, or of nothing at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from expectations.check import check
from jobs.encode import gate
from jobs.encode.assembly import Assembly
from jobs.encode.explain import explained
from jobs.encode.order import Order, place
from jobs.encode.production import Production
from jobs.encode.receipt import read_receipt
from jobs.encode.run import make
from jobs.encode.taking_in import taken_in
from lakehouse.catalog import RENDITIONS, TITLE_TABLES
from lakehouse.settings import Settings
from lakehouse.tables import Lake

if TYPE_CHECKING:
    from pathlib import Path

    from tests.jobs.encode.conftest import Clip

HALVES = (
    "testsrc2=s=320x240:r=12:d=6[a];mandelbrot=s=320x240:r=12,trim=end_frame=72,format=yuv420p[b];"
    "[a][b]concat=n=2"
)
"""Twelve seconds, easy and then hard, without a sound; one cut."""


@pytest.fixture(scope="module")
def order(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Order]:
    file = clip("halves.mp4", HALVES)
    settings = Settings(var=str(tmp_path_factory.mktemp("var")))
    asked = Order("halves", str(file), "2026-01-10", protect="none")
    place(settings, asked)
    return settings, taken_in(settings, asked)


def title(order: tuple[Settings, Order], **wishes: object) -> Production:
    return Production(order[0], replace(order[1], **wishes))


@pytest.mark.parametrize("codec", ["h264", "vp9"])
def test_a_budget_too_small_for_any_probe_leaves_the_fixed_ladder(
    codec: str, order: tuple[Settings, Order]
) -> None:
    """It had set the title aside and said to call again, which would have done the same."""
    made = title(order, codecs=(codec,), budget_cpu_seconds=0.01)
    assert made.probe_keys() == []
    assert made.plan(codec).said.endswith(
        "the ladder is the fixed one, each rung capped at its rate."
    )
    # 145 and 365 kb/s at its own size: the cheapest two of those that are wider than 320
    assert [rung.name for rung in made.ladder] == [f"{codec}-240p-145k", f"{codec}-240p-365k"]
    for one in made.renditions:
        assert one.kbps <= 1.1 * one.rung.kbps  # VP9 holds it over the whole, not in a buffer
        assert not [why for why in gate.verdict(one) if "its mean" in why or "its peak" in why]
        assert len(one.attempts) == 1  # a fixed rung promises nothing to be held to
    assert gate.out_of_step(made.renditions) == {}


def test_a_budget_knows_what_toning_hdr_down_takes(order: tuple[Settings, Order]) -> None:
    # of 16 frames of 2160 lines a probe at 240 lines took 10.8 CPU-s, where 5.8 were expected
    plain, hdr = title(order), title(order)
    hdr.__dict__["master"] = replace(plain.master, hdr=True)
    read = plain.master.frames * 320 * 240 * 4.5e-8
    told = plain.plan("h264")
    assert hdr.plan("h264").sizes == told.sizes
    more = hdr.plan("h264").cpu_seconds - told.cpu_seconds
    assert more == pytest.approx(read * len(told.sizes))


def test_a_budget_is_of_each_codec(order: tuple[Settings, Order]) -> None:
    """AV1 and H.264 cost about the same here, so a third of both is enough for some of either."""
    both = title(order, codecs=("h264", "av1"))
    whole = sum(both.plan(codec).cpu_seconds for codec in both.order.codecs)
    fewer = title(order, codecs=("h264", "av1"), budget_cpu_seconds=whole / 2)
    assert all(fewer.plan(codec).sizes for codec in fewer.order.codecs)
    assert sum(fewer.plan(codec).cpu_seconds for codec in fewer.order.codecs) <= whole / 2


def test_a_ladder_of_few_probes_is_not_held_to_what_only_many_can_promise(
    clip: Clip, tmp_path: Path
) -> None:
    """A small budget asks for a worse ladder, not for none: of noise one CRF foresaw 71 for the lowest
    rung, which scored 61 and kept the title from playing."""
    file = clip("noise.mp4", "testsrc2=s=426x240:r=12:d=2,noise=alls=40:all_seed=5:allf=t")
    settings = Settings(var=str(tmp_path))
    place(settings, Order("noise", str(file), "2026-01-10", protect="none"))
    ordered = taken_in(settings, Order("noise", str(file), "2026-01-10", protect="none"))
    whole = Production(settings, ordered).plan("h264").cpu_seconds
    few = Production(settings, replace(ordered, budget_cpu_seconds=whole / 2.5))
    assert few.plan("h264").crfs == (30,)
    lowest = few.rendition(few.ladder[0].name)
    few.ladder, few.renditions = [lowest.rung], [lowest]  # the others take longer
    assert "its mean of " in gate.verdict(lowest)[0]
    assert Assembly(few).shipped == [lowest]


def test_a_sampled_title_is_predicted_from_what_its_windows_stand_for(
    order: tuple[Settings, Order],
) -> None:
    """Two windows of one group each speak for all six, one for the easy half and one for the hard."""
    every, few = title(order), title(order)
    few.sample = few.sampled(2)
    assert [shot.frames for shot in few.sample.shots] == [24, 24]
    assert [shot.first_frame // 72 for shot in few.sample.shots] == [0, 1]
    assert sum(few.sample.stands_for.values()) == pytest.approx(144)
    assert every.sample.share == 1
    (whole,), (sampled,) = every.curves["h264"], few.curves["h264"]
    kbps, vmaf = whole.at(30)
    assert sampled.at(30)[0] == pytest.approx(kbps * (1 + few.sample.bias), rel=0.1)
    assert sampled.at(30)[1] == pytest.approx(vmaf, abs=2.5)
    # and were the film as easy as its first window but for a frame, so would its curve be
    easy = title(order)
    easy.sample = replace(few.sample, stands_for={0: 143, 1: 1})
    (first, _) = (one for one in easy.probed["h264"] if one.crf == 30)
    assert easy.curves["h264"][0].at(30)[1] == pytest.approx(first.vmaf, abs=0.3)
    assert abs(first.vmaf - sampled.at(30)[1]) > 1


def test_a_sample_is_probed_at_fewer_sizes_than_a_whole_title(
    order: tuple[Settings, Order],
) -> None:
    """At all five the probes of two minutes took .31 of what encoding and gating the fixed ladder does."""
    every, few = title(order), title(order)
    for one in (every, few):
        one.master = replace(one.master, width=1280, height=720)
    few.sample = few.sampled(2)
    assert [height for _, height in every.plan("h264").sizes] == [720, 540, 432, 360, 240]
    assert [height for _, height in few.plan("h264").sizes] == [720, 432, 240]
    assert len(few.probe_keys()) == 3 * len(few.runs)


@pytest.mark.slow
def test_a_title_of_the_fixed_ladder_plays_and_says_so(order: tuple[Settings, Order]) -> None:
    """In its receipt, its tables and the terminal: nobody takes it for a ladder by content."""
    lake, said = Lake(order[0]), StringIO()
    ordered = replace(order[1], budget_cpu_seconds=0.01, target_vmaf=99.9)
    make(lake, [ordered], False, Console(file=said, width=300))
    receipt = read_receipt(lake.settings, "halves")
    assert receipt["budget"] == {"cpu_seconds": 0.01, "expected": 0.0, "spent": 0}
    assert [rung["vmaf_predicted"] for rung in receipt["ladder"]] == [None, None]
    assert (receipt["misses"], receipt["front"], receipt["fixed"]) == ({}, [], [])
    assert receipt["order"]["per_shot_why"].endswith("share one CRF, since nothing was probed.")
    fixed, short = receipt["notices"]
    assert fixed.startswith("Nothing was probed")
    assert short.startswith("The best of h264, h264-240p-365k, scores ")
    for sentence in receipt["notices"]:
        assert sentence in receipt["said"]
        assert f"halves: {sentence}" in said.getvalue()
    assert " of 99.9" in said.getvalue()  # the listing, beside the score
    explained(lake.settings, "halves", "", Console(file=said, width=300))
    assert "Of the ladder that every title gets alike" in said.getvalue()
    night = date.fromisoformat(ordered.night)
    assert lake.arrow(RENDITIONS, night)["vmaf_predicted"].to_pylist() == [None, None]
    found = check(lake, list(TITLE_TABLES), night)
    assert {result.verdict for result in found} <= {"passed", "warned"}
