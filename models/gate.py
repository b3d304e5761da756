"""Decide whether a model may go live, from what each profile got under it and under others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.metrics import Interval, interval, paired_difference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

WINDOWS_DAYS = (7, 14, 28, 56)
FEWEST_WARM = 50
"""The shortest window with so many warm profiles judges."""
SMALLEST_SLICE = 30
TOLERATED_LOSS = 0.02
"""The share of the live model's value that a new one may lie below it, within its interval."""


@dataclass(frozen=True)
class Verdict:
    """Whether a model may go live, and why, in sentences."""

    passed: bool
    reasons: tuple[str, ...]
    differences: dict[str, Interval]
    """Rival to the interval of ours minus theirs."""
    slices: dict[str, dict[str, Interval]]
    """Rival to slice to the interval of ours minus theirs."""


def window_days(warm_by_days: Mapping[int, int]) -> int | None:
    """The shortest window with enough warm profiles; None if none has."""
    enough = [days for days in WINDOWS_DAYS if warm_by_days[days] >= FEWEST_WARM]
    return min(enough, default=None)


def decide(
    ours: NDArray[np.float64],
    popularity: NDArray[np.float64],
    live: NDArray[np.float64] | None,
    slices: Mapping[str, NDArray[np.bool_]],
    seed: int,
) -> Verdict:
    """Judge [profiles] values of one metric, NaN where a profile has none; see the issue's gate.

    Live only if the lower bound of the difference to popularity lies above 0, that of the
    difference to the last live model above -2 % of its value, and if in no slice of 30 or more
    profiles the upper bound of either lies below 0.
    """
    rivals = {"popularity": popularity} | ({"live": live} if live is not None else {})
    differences = {name: paired_difference(ours, theirs, seed) for name, theirs in rivals.items()}
    by_slice = {name: _by_slice(ours - theirs, slices, seed) for name, theirs in rivals.items()}
    least = {"popularity": 0.0}
    if live is not None:
        least["live"] = -TOLERATED_LOSS * interval(live, seed).mean
    judged = [_against(name, differences[name], least[name]) for name in rivals]
    judged += [
        _in_slice(rival, name, one)
        for rival, found in by_slice.items()
        for name, one in found.items()
        if one.high < 0
    ]
    return Verdict(
        all(fine for fine, _ in judged), tuple(said for _, said in judged), differences, by_slice
    )


def _by_slice(
    difference: NDArray[np.float64], slices: Mapping[str, NDArray[np.bool_]], seed: int
) -> dict[str, Interval]:
    """The interval within each slice that is large enough to tell."""
    known = ~np.isnan(difference)
    return {
        name: interval(difference[members & known], seed)
        for name, members in slices.items()
        if int((members & known).sum()) >= SMALLEST_SLICE
    }


def _against(rival: str, found: Interval, least: float) -> tuple[bool, str]:
    names = {"popularity": "popularity", "live": "the live model"}
    fine = found.low > least or (rival == "live" and found.low == found.high == 0)
    words = "is" if fine else "is not"
    return fine, (
        f"Against {names[rival]} the difference is {found.mean:+.4f} [{found.low:+.4f}, "
        f"{found.high:+.4f}] over {found.profiles:,} profiles: its lower bound {words} above "
        f"{least:+.4f}."
    )


def _in_slice(rival: str, name: str, found: Interval) -> tuple[bool, str]:
    names = {"popularity": "popularity", "live": "the live model"}
    return False, (
        f"For {found.profiles:,} profiles ({name}) it is worse than {names[rival]}: "
        f"{found.mean:+.4f} [{found.low:+.4f}, {found.high:+.4f}]."
    )


def refused(reasons: Sequence[str]) -> Verdict:
    """A verdict where there was nothing to compare."""
    return Verdict(False, tuple(reasons), {}, {})
