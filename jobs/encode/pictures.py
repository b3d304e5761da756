"""Draw a title's receipt: the ladder on the front, VMAF over time, what each rung weighs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.report.render import size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

Json = dict[str, Any]
POINTS_A_SECOND = 4
"""Of the line over time: more cannot be told apart on a page."""
NAME_OCTAVES, NAME_VMAF = 0.35, 4.0
"""What a rung's name covers of the picture of the ladder."""
FIXED = "#8a8f98"
"""Of the fixed ladder and of sound: they are there to be compared with."""
ROOM_FOR_BYTES = 1.25
"""Times the longest bar, so that what is written after it lies in the picture."""


def figures(receipt: Json, frames: dict[str, NDArray[np.float32]]) -> dict[str, Figure]:
    """Name to picture, of what there is; `frames` has VMAF a frame of each rung to show."""
    drawn = {"ladder": ladder(receipt)} if receipt["front"] or receipt["ladder"] else {}
    if receipt["ladder"]:
        drawn |= {"vmaf_over_time": over_time(receipt, frames), "kbps": weights(receipt)}
    return drawn


def ladder(receipt: Json) -> Figure:
    """Rate against VMAF: the front of all probed sizes, the rungs as promised and as they came, and
    the fixed ladder as the same probes foresee it."""
    figure, axes = _figure("kb/s of video, each step doubles", "VMAF, mean")
    axes.set_xscale("log", base=2)
    for codec in dict.fromkeys(one["codec"] for one in receipt["front"]):
        front = [one for one in receipt["front"] if one["codec"] == codec]
        rates, scores = [one["kbps"] for one in front], [one["vmaf"] for one in front]
        name, colour = _codec(receipt, codec)
        axes.plot(rates, scores, color=colour, alpha=0.45, label=f"{name}, best of all sizes")
    if fixed := receipt["fixed"]:
        axes.plot(
            [one["kbps"] for one in fixed], [one["vmaf"] for one in fixed], "s:", ms=4, lw=1.1,
            color=FIXED, mfc="white", label="fixed ladder, foreseen", zorder=1.5,
        )  # fmt: skip
    for rung in receipt["ladder"]:
        _, colour = _codec(receipt, rung["codec"])
        if rung["vmaf_predicted"] is not None:
            axes.plot(
                [rung["kbps_predicted"], rung["kbps"]], [rung["vmaf_predicted"], rung["vmaf"]],
                color=colour, lw=0.8,
            )  # fmt: skip
        axes.plot(
            rung["kbps"], rung["vmaf"], "o", color=colour, mfc=colour if rung["ships"] else "white"
        )
    for name, rate, score in _names(receipt["ladder"]):
        axes.annotate(name, (rate, score), (5, -11), textcoords="offset points", fontsize=8)
    axes.axhline(
        receipt["target_vmaf"], color="#888", lw=0.8, ls="--", label="target of the top rung"
    )
    axes.xaxis.set_major_formatter(lambda rate, _: f"{rate:,.0f}")
    axes.legend(fontsize=8, loc="lower right", frameon=False)
    return figure


def _names(ladder: list[Json]) -> list[tuple[str, float, float]]:
    """The size, rate and VMAF of rungs whose names do not touch one that was written before."""
    taken: list[tuple[str, float, float]] = []
    for rung in sorted(ladder, key=lambda rung: -rung["kbps"]):  # below a dearer one there is room
        near = (
            abs(math.log2(rung["kbps"] / rate)) < NAME_OCTAVES
            and abs(rung["vmaf"] - score) < NAME_VMAF
            for _, rate, score in taken
        )
        if not any(near):
            taken.append((f"{rung['width']}x{rung['height']}", rung["kbps"], rung["vmaf"]))
    return taken


def over_time(receipt: Json, frames: dict[str, NDArray[np.float32]]) -> Figure:
    """VMAF of each rung over the title, cuts as thin lines: a dip that a mean hides is seen here."""
    figure, axes = _figure("seconds", "VMAF")
    fps = receipt["master"]["frames"] / receipt["master"]["seconds"]
    for shot in receipt["shots"][1:]:
        axes.axvline(shot["first_second"], color="#ccc", lw=0.6)
    for name, values in frames.items():
        window = max(1, round(fps / POINTS_A_SECOND))
        count = len(values) // window or 1
        means = np.array([part.mean() for part in np.array_split(values, count)])
        seconds = (np.arange(count) + 0.5) * len(values) / count / fps
        axes.plot(seconds, means, lw=1.1, label=name)
    axes.set_ylim(bottom=max(0.0, axes.get_ylim()[0]), top=101)
    handles, names = axes.get_legend_handles_labels()
    figure.legend(
        handles[::-1], names[::-1], fontsize=8, loc="outside upper center", ncols=3, frameon=False
    )
    return figure


def weights(receipt: Json) -> Figure:
    """Mean rate of each rung and of each sound with the bytes that come of it, and of rungs the peak over
    two seconds as a whisker."""
    figure, axes = _figure("kb/s, mean and peak over two seconds; written: bytes", "")
    rungs, sounds = receipt["ladder"], receipt["audio"]
    parts = [*sounds, *rungs]
    rates = np.array([part["kbps"] for part in parts])
    peaks = np.maximum(rates, [part.get("kbps_peak", 0) for part in parts])
    colours = [FIXED for _ in sounds] + [_codec(receipt, rung["codec"])[1] for rung in rungs]
    places = np.arange(len(parts))
    axes.barh(places, rates, color=colours, height=0.6)
    own = slice(len(sounds), None)
    axes.errorbar(
        rates[own], places[own], xerr=[np.zeros(len(rungs)), (peaks - rates)[own]], fmt="none",
        ecolor="#444", capsize=3,
    )  # fmt: skip
    for place, rate, peak in zip(places, rates, peaks, strict=True):
        weight = size(round(rate * receipt["master"]["seconds"] * 1000 / 8))
        axes.annotate(
            weight, (peak, place), (5, 0), textcoords="offset points", va="center", fontsize=8
        )
    axes.set_yticks(places, [part["name"] for part in parts], fontsize=8)
    axes.grid(visible=False, axis="y")  # else it strikes through what is written
    axes.set_xlim(0, ROOM_FOR_BYTES * peaks.max())
    return figure


def _codec(receipt: Json, codec: str) -> tuple[str, str]:
    """What a codec is called and its colour."""
    told = receipt["codecs"][codec]
    return told["name"], told["colour"]


def _figure(x: str, y: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 3.4), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#eee")
    axes.set_axisbelow(True)
    return figure, axes
