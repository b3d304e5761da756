"""A file whose shots fell below the floor is mended by better CRFs for these shots alone."""

from __future__ import annotations

from collections import ChainMap
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from jobs.encode import gate, vmaf
from jobs.encode.held import held
from jobs.encode.ladder.floor import fallen
from jobs.encode.order import Order, place
from jobs.encode.production import Production
from jobs.encode.receipt import read_receipt
from jobs.encode.run import make_one
from jobs.encode.taking_in import taken_in
from lakehouse.settings import Settings
from lakehouse.tables import Lake

if TYPE_CHECKING:
    from jobs.encode.facts import Rung
    from tests.jobs.encode.conftest import Clip

pytestmark = pytest.mark.slow
SCENES = (
    "mandelbrot=s=320x240:r=25,trim=end_frame=30,format=yuv420p[a];testsrc2=s=320x240:r=25:d=1.2[b];"
    "mandelbrot=s=320x240:r=25:start_scale=.3,trim=end_frame=30,format=yuv420p[c];[a][b][c]concat=n=3"
)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory, clip: Clip) -> Production:
    """Three scenes, each shot of which is to have its CRF."""
    file = clip("scenes.mp4", SCENES)
    settings = Settings(var=str(tmp_path_factory.mktemp("held")))
    order = Order("scenes", str(file), "2026-01-10", per_shot=True)
    place(settings, order)
    return Production(settings, taken_in(settings, order))


def top(production: Production) -> Rung:
    return production.ladder[-1]


def test_only_the_shots_below_the_floor_are_encoded_again(production: Production) -> None:
    rung, crfs = top(production), dict(production.crfs[top(production).name])
    assert len(production.shots) == 3
    curves = production.by_shot["h264"][rung.width, rung.height].shots
    starved = crfs | {1: 45.0}
    first = production.encoded(rung, starved)
    means = vmaf.of_shots(vmaf.per_frame(production.scores(first)), production.shots)
    assert fallen(means, first.score.mean) == {1}
    found = held(production, rung, starved, curves)
    assert found.score.worst_shot >= found.score.mean - 3
    assert (found.fallen, found.at_best) == ((), ())
    facts = [production.work.asked[one.file].facts for one in found.attempts]
    assert 2 <= len(facts) <= 4
    assert [one["crfs"][1] for one in facts] == sorted(
        (one["crfs"][1] for one in facts), reverse=True
    )
    # the piece of a shot that is well above the floor is the same file each time, paid for once
    assert len({one["pieces"][2] for one in facts}) == 1
    tries = [production.encoded(rung, dict(enumerate(one["crfs"]))) for one in facts]
    pieces = [dict(zip(one["pieces"], one["cpu_seconds_of_pieces"], strict=True)) for one in facts]
    shared = sum(sum(own.values()) for own in pieces) - sum(ChainMap(*pieces).values())
    assert shared > 0
    assert found.cpu_seconds == pytest.approx(sum(one.cpu_seconds for one in tries) - shared)


def test_what_no_crf_can_lift_is_told_and_what_one_could_is_held_back(
    production: Production,
) -> None:
    rung, crfs = top(production), dict(production.crfs[top(production).name])
    curves = production.by_shot["h264"][rung.width, rung.height].shots
    # as if no better CRF were known of any shot
    best = replace(curves, crf=curves.crf[-1:], kbps=curves.kbps[:, -1:], vmaf=curves.vmaf[:, -1:])
    found = held(production, rung, crfs | {1: float(best.crf[0])}, best)
    assert found.at_best == (1,)
    assert found.fallen == ()
    assert "below its mean" not in " ".join(gate.verdict(found))
    assert any(
        "shots 1 score more than 3 below its mean" in reason
        for reason in gate.verdict(replace(found, fallen=found.at_best))
    )


def test_the_ladder_of_a_title_keeps_the_floor_on_its_files(production: Production) -> None:
    for one in production.renditions:
        assert one.score.worst_shot >= one.score.mean - 3 or one.at_best, one.rung.name
        assert not one.fallen
        assert abs(one.attempts[0].mean - one.rung.vmaf) < 3


def test_a_title_of_shots_with_crfs_of_their_own_plays_and_says_so(production: Production) -> None:
    """Whole: package, decryption, receipt and rows know of the pieces."""
    lake = Lake(production.settings)
    make_one(lake, production.order, Console(quiet=True))
    receipt = read_receipt(lake.settings, "scenes")
    assert receipt["said"][0] == "Each shot has a CRF of its own, as was asked."
    assert receipt["order"]["per_shot"] is True
    shipped = [rung for rung in receipt["ladder"] if rung["ships"]]
    assert shipped
    steps = {row["file"]: row for row in receipt["steps"]}
    for rung in shipped:
        assert len(set(rung["crf_of_shots"])) > 1
        assert rung["worst_shot"] >= rung["vmaf"] - 3
        pieces = [file for file in rung["files"] if "joined" not in file]
        assert len(pieces) >= 3
        assert all(steps[file]["commands"] for file in pieces)
