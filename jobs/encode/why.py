"""Say in words why each rung of a ladder is what it is, out of a receipt."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.encode.ladder.rungs import CAPS, MAXRATE, Aims
from jobs.encode.sizes import lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]
ON_FRONT = 0.3
"""VMAF: the receipt's front is told in whole CRFs, between which a rung may lie."""


def reasons(receipt: Json, rung: Json) -> list[str]:
    """Why a rung was chosen, a sentence each: target or step of rate, size, floor, caps."""
    if rung["vmaf_predicted"] is None:
        return [
            f"Of the ladder that every title gets alike, since nothing was probed: CRF {rung['crf']:g}, "
            f"worse where that would cost more than {rung['maxrate_kbps']:,.0f} kb/s."
        ]
    aims = Aims(receipt["target_vmaf"])
    own = [one for one in receipt["ladder"] if one["codec"] == rung["codec"]]
    place = next(n for n, one in enumerate(own) if one["name"] == rung["name"])
    above = own[place + 1] if place + 1 < len(own) else None
    said = [_step(rung, above, aims) if above else _top(rung, aims)]
    said.append(_size(rung, above, receipt["front"]))
    if rung.get("calmed"):
        said.append(_calmed(rung))
    elif len(rung["attempts"]) > 1:
        said.append(_tries(rung))
    if place == 0:
        said.append(_floor(rung, aims))
    if capped := _capped(receipt["master"], rung):
        said.append(capped)
    return said


def _top(rung: Json, aims: Aims) -> str:
    if rung["vmaf_predicted"] >= aims.target_vmaf:
        return f"The top: the cheapest point that was promised to reach VMAF {aims.target_vmaf:g}."
    return f"The top: the best point that there is, since none was promised to reach VMAF {aims.target_vmaf:g}."


def _step(rung: Json, above: Json, aims: Aims) -> str:
    ratio = above["kbps_predicted"] / rung["kbps_predicted"]
    why = f"of the {aims.smallest_ratio:g} to {aims.largest_ratio:g} times that neighbours may lie apart"
    if ratio > aims.largest_ratio + 0.005:
        why = f"more than the {aims.largest_ratio:g} times that neighbours may lie apart, because no size has a point between"
    return f"A step down: {ratio:.2f} times cheaper than {above['name']}, {why}."


def _size(rung: Json, above: Json | None, front: Sequence[Json]) -> str:
    """How the rung lies to the front: the best that any size does for its rate."""
    own = [one for one in front if one["codec"] == rung["codec"]]
    at = np.interp(
        np.log(rung["kbps_predicted"]),
        np.log([one["kbps"] for one in own]),
        [one["vmaf"] for one in own],
    )
    size = f"{rung['width']}x{rung['height']}"
    lacks = float(at) - rung["vmaf_predicted"]
    if lacks <= ON_FRONT:
        return f"{size} is on the front: no other size was promised more for so many bits."
    if above and (above["width"], above["height"]) == (rung["width"], rung["height"]):
        return (
            f"{size} lies {lacks:.1f} VMAF under the front of all sizes: it holds the size of the rung above, "
            "since none may be larger than that."
        )
    return f"{size} lies {lacks:.1f} VMAF under the front of all sizes."


def _tries(rung: Json) -> str:
    tries = ", ".join(f"CRF {one['crf']:g} scored {one['mean']:.1f}" for one in rung["attempts"])
    return f"It was encoded {len(rung['attempts'])} times to be on target: {tries}."


def _calmed(rung: Json) -> str:
    """What gave way to the cap: the quality of some shots, and with it what the rung was promised."""
    shots = ", ".join(map(str, rung["calmed"]))
    peaks = ", ".join(
        f"{one['mean']:.1f} with a peak of {one['peak_kbps']:,.0f} kb/s" for one in rung["attempts"]
    )
    return (
        f"It was encoded {len(rung['attempts'])} times for its cap of {rung['maxrate_kbps']:,.0f} kb/s, to which "
        f"quality gave way: shots {shots} have a worse CRF than they were to have, and it scored {peaks}."
    )


def _floor(rung: Json, aims: Aims) -> str:
    if rung["kbps_predicted"] / aims.smallest_ratio < aims.floor_kbps:
        return f"The lowest: another step down would cost less than the floor of {aims.floor_kbps:g} kb/s."
    return "The lowest: no size has a cheaper point that is a step away."


def _capped(master: Json, rung: Json) -> str:
    """What devices are not sure to play, where the master has more."""
    cap = CAPS[rung["codec"]]
    if lines_of(master["width"], master["height"]) > cap.lines:
        return f"Sizes of more than {cap.lines} lines were left out: not all {rung['codec']} devices play them."
    if not cap.plays((master["width"], master["height"]), float(Fraction(master["fps"])), 0):
        return (
            f"Sizes of more than {cap.pixels_per_second:,.0f} pixels a second were left out: not all "
            f"{rung['codec']} devices play them."
        )
    if MAXRATE * rung["kbps_predicted"] > 0.9 * cap.kbps:
        return f"Dearer points were left out: {rung['codec']} devices play peaks of {cap.kbps:,.0f} kb/s."
    return ""
