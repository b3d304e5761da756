"""Turn measured ladders into the rows of bench/encode.md: what was aimed at, and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobs.encode.ladder.abr import over_titles, simulate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.encode_ladders import Compared, Measured
    from jobs.encode.ladder.abr import Sessions

MEDIAN_KBPS = 3000.0
OTHER_MEDIANS_KBPS = (1200.0, 8000.0)


@dataclass(frozen=True)
class Row:
    """One figure of the table of targets."""

    what: str
    ours: str
    peer: str = ""
    ratio: str = ""
    target: str = ""
    reached: bool | None = None
    """None where nothing was aimed at."""


def table(rows: Sequence[Row]) -> str:
    """Rows as Markdown; a missed target is said in bold."""
    lines = ["| what | ours | peer | ratio | target | |", "|---|---|---|---|---|---|"]
    said = {None: "", True: "reached", False: "**missed**"}
    lines += [
        f"| {one.what} | {one.ours} | {one.peer} | {one.ratio} | {one.target} | {said[one.reached]} |"
        for one in rows
    ]
    return "\n".join(lines)


def scene_table(each: Sequence[Compared]) -> str:
    """Every scene: both ladders, and what ours costs over the fixed one."""
    lines = [
        f"| scene | fixed: lines@kb/s(VMAF) | ours | BD-rate | ladder bytes | egress at {MEDIAN_KBPS:,.0f} kb/s "
        "| VMAF seen | CPU-s fixed | ours: probes + encodes and gate | ratio |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in each:
        fixed, ours = sessions([one], MEDIAN_KBPS)
        lines.append(
            f"| {one.name} | {shown(one.fixed)} | {shown(one.ours)} | {one.bd_rate:+.1f} % "
            f"| {change(one.ours.kbps, one.fixed.kbps)} "
            f"| {change(ours.egress_kbps, fixed.egress_kbps)} "
            f"| {ours.mean_vmaf - fixed.mean_vmaf:+.1f} | {one.fixed.cpu_seconds:.0f} "
            f"| {one.ours.probing:.0f} + {one.ours.making:.0f} "
            f"| {one.ours.cpu_seconds / one.fixed.cpu_seconds:.2f} |"
        )
    return "\n".join(lines)


def rung_table(each: Sequence[Compared]) -> str:
    """Achieved less predicted VMAF of every rung of ours."""
    lines = ["| scene | achieved less predicted VMAF, lowest rung first |", "|---|---|"]
    lines += [
        f"| {one.name} | {' '.join(f'{miss:+.2f}' for miss in one.ours.misses)} |" for one in each
    ]
    return "\n".join(lines)


def ladder_rows(each: Sequence[Compared]) -> list[Row]:
    """The targets that the nine scenes are held against."""
    gains = [one.bd_rate for one in each]
    worst = max(each, key=lambda one: one.bd_rate)
    bytes_ours, bytes_fixed = (sum(of) for of in zip(*((o.ours.kbps, o.fixed.kbps) for o in each), strict=True))  # fmt: skip
    mean_gain = float(np.mean(gains))
    return [
        Row("BD-rate (VMAF) against the fixed ladder, mean", f"{mean_gain:+.1f} %",
            target="≤ -22 %", reached=mean_gain <= -22),
        Row(f"BD-rate, worst scene ({worst.name})", f"{worst.bd_rate:+.1f} %",
            target="≤ +10 %", reached=worst.bd_rate <= 10),
        *session_rows(each, MEDIAN_KBPS, -50.0),
        *(row for median in OTHER_MEDIANS_KBPS for row in session_rows(each, median, None)),
        Row("whole ladder, kb/s a scene", f"{bytes_ours / len(each):,.0f}",
            f"{bytes_fixed / len(each):,.0f}", change(bytes_ours, bytes_fixed),
            "≤ -70 %", percent(bytes_ours, bytes_fixed) <= -70),
        cpu_row("CPU-s of everything, every frame probed", each, 1.8),
        *miss_rows([miss for one in each for miss in one.ours.misses]),
    ]  # fmt: skip


def session_rows(each: Sequence[Compared], median_kbps: float, target: float | None) -> list[Row]:
    """Egress and VMAF of simulated sessions, titles counted equally."""
    fixed, ours = sessions(each, median_kbps)
    gain = percent(ours.egress_kbps, fixed.egress_kbps)
    better = ours.mean_vmaf - fixed.mean_vmaf
    where = f"in sessions at a median of {median_kbps / 1000:g} Mb/s"
    return [
        Row(f"egress {where}, kb/s", f"{ours.egress_kbps:,.0f}", f"{fixed.egress_kbps:,.0f}",
            f"{gain:+.1f} %", *(("", None) if target is None else (f"≤ {target:g} %", gain <= target))),
        Row(f"mean VMAF {where}", f"{ours.mean_vmaf:.1f}", f"{fixed.mean_vmaf:.1f}",
            f"{better:+.1f}", *(("", None) if target is None else ("not lower", better >= 0))),
        Row(f"p10 of VMAF {where}", f"{ours.p10_vmaf:.1f}", f"{fixed.p10_vmaf:.1f}",
            f"{ours.p10_vmaf - fixed.p10_vmaf:+.1f}"),
    ]  # fmt: skip


def cpu_row(what: str, each: Sequence[Compared], at_most: float) -> Row:
    """Everything of ours against encoding and gating the fixed ladder."""
    ours, fixed = (sum(of) for of in zip(*((o.ours.cpu_seconds, o.fixed.cpu_seconds) for o in each), strict=True))  # fmt: skip
    probing = sum(one.ours.probing for one in each)
    return Row(
        what, f"{ours:,.0f} (probes {probing:,.0f})", f"{fixed:,.0f}", f"{ours / fixed:.2f}x",
        f"≤ {at_most}x", ours <= at_most * fixed,
    )  # fmt: skip


def miss_rows(misses: Sequence[float], what: str = "predicted against achieved VMAF") -> list[Row]:
    """How far the rungs, as first encoded, are from what was predicted."""
    mean, worst = float(np.mean(np.abs(misses))), max(misses, key=abs)
    return [
        Row(f"{what}, mean absolute of {len(misses)} rungs", f"{mean:.2f}", target="≤ 0.6",
            reached=mean <= 0.6),
        Row(f"{what}, worst", f"{worst:+.2f}", target="≤ 3", reached=abs(worst) <= 3),
    ]  # fmt: skip


def sessions(each: Sequence[Compared], median_kbps: float) -> tuple[Sessions, Sessions]:
    """Sessions on the fixed ladders, and the same ones on ours."""
    return (
        over_titles([simulate(one.fixed.rungs, median_kbps) for one in each]),
        over_titles([simulate(one.ours.rungs, median_kbps) for one in each]),
    )


def shown(ladder: Measured) -> str:
    """Each rung as lines@kb/s(VMAF)."""
    return " ".join(
        f"{lines}@{kbps:.0f}({vmaf:.1f})"
        for lines, (kbps, vmaf) in zip(ladder.lines, ladder.rungs, strict=True)
    )


def percent(ours: float, theirs: float) -> float:
    """How much more ours is than theirs."""
    return 100 * (ours / theirs - 1)


def change(ours: float, theirs: float) -> str:
    """The same as it is printed."""
    return f"{percent(ours, theirs):+.1f} %"
