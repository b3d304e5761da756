"""The tables of bench/encode.md say of made ladders what can be reckoned by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.encode_ladders import Compared, Measured
from bench.encode_tables import Row, cpu_row, ladder_rows, miss_rows, scene_table, table

FIXED = Measured(((200.0, 60.0), (400.0, 80.0), (1600.0, 96.0)), (234, 360, 720), 0.0, 60.0)
HALF = Measured(
    tuple((kbps / 2, vmaf) for kbps, vmaf in FIXED.rungs), FIXED.lines, 50.0, 30.0, (0.1, -0.3, 0.2)
)  # the same scores for half the rate
SAME = replace(HALF, rungs=FIXED.rungs, misses=(0.4, -3.5, 0.1))


def rows_of(*ours: Measured) -> dict[str, Row]:
    each = [Compared(f"scene {n}", 10.0, FIXED, one) for n, one in enumerate(ours)]
    return {row.what: row for row in ladder_rows(each)}


def test_half_the_rate_is_half_of_everything_and_reaches_some_targets() -> None:
    rows = rows_of(HALF)
    assert rows["BD-rate (VMAF) against the fixed ladder, mean"].ours == "-50.0 %"
    assert rows["BD-rate (VMAF) against the fixed ladder, mean"].reached
    bytes_row = rows["whole ladder, kb/s a scene"]
    assert (bytes_row.ours, bytes_row.peer, bytes_row.ratio) == ("1,100", "2,200", "-50.0 %")
    assert bytes_row.reached is False  # 70 % are asked for


def test_the_mean_and_the_worst_are_of_all_scenes() -> None:
    rows = rows_of(HALF, SAME)
    assert rows["BD-rate (VMAF) against the fixed ladder, mean"].ours == "-25.0 %"
    assert rows["BD-rate, worst scene (scene 1)"].ours == "+0.0 %"
    assert rows["predicted against achieved VMAF, worst"].ours == "-3.50"
    assert rows["predicted against achieved VMAF, worst"].reached is False


def test_a_ladder_against_itself_sees_the_same_sessions() -> None:
    rows = rows_of(SAME)
    egress = rows["egress in sessions at a median of 3 Mb/s, kb/s"]
    assert (egress.ours, egress.ratio, egress.reached) == (egress.peer, "+0.0 %", False)
    assert rows["mean VMAF in sessions at a median of 3 Mb/s"].reached  # equal is not lower
    assert rows["egress in sessions at a median of 8 Mb/s, kb/s"].reached is None


def test_probes_count_as_cpu() -> None:
    each = [Compared("one", 10.0, FIXED, HALF)]
    assert cpu_row("cpu", each, 1.4).ratio == "1.33x"  # (50 + 30) / 60
    assert cpu_row("cpu", each, 1.4).reached
    assert not cpu_row("cpu", each, 1.3).reached


@pytest.mark.parametrize(("misses", "mean", "reached"), [((0.5, -0.7), "0.60", True), ((0.5, -0.8), "0.65", False)])  # fmt: skip
def test_misses_count_without_their_sign(
    misses: tuple[float, ...], mean: str, reached: bool
) -> None:
    row = miss_rows(misses)[0]
    assert (row.ours, row.reached) == (mean, reached)


def test_a_missed_target_is_said_plainly_and_every_scene_is_printed() -> None:
    text = table([Row("a", "1", target="2", reached=False), Row("b", "2")])
    assert text.splitlines()[2:] == ["| a | 1 |  |  | 2 | **missed** |", "| b | 2 |  |  |  |  |"]
    scenes = scene_table([Compared("one", 10.0, FIXED, HALF), Compared("two", 10.0, FIXED, SAME)])
    assert "| one | 234@200(60.0) 360@400(80.0) 720@1600(96.0) | 234@100(60.0)" in scenes
    assert scenes.count("\n| two ") == 1
