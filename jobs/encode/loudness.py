"""Measure loudness (EBU R 128) and say how a track is brought to the target."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.encode.tools import Ran

TARGET_LUFS, PEAK_DBTP = -23.0, -2.0
"""EBU R 128, and a true peak that leaves a lossy codec 1 dB for its overshoot."""
MOST_OFF_LU, MOST_PEAK_DBTP = 1.0, -1.0
"""How far from the target a coded file may be, and the peak that EBU R 128 allows it."""
BELOW_DB = 0.1
"""How far below that peak the next try aims."""
LEVELS, LOWEST_PEAK_DBTP = (-70.0, -5.0), -9.0
"""What loudnorm takes."""
RANGE_LU, WIDEST_RANGE_LU = 11.0, 50.0
"""loudnorm silently becomes dynamic where its range is below the measured one, so it is given the
larger of the two."""
LEAST_RANGE_LU = 0.1
"""A range of 0, as of a short or even sound, is to loudnorm a range that was not measured, and it
becomes dynamic."""
SILENT_LUFS = -70.0
"""The absolute gate of BS.1770: what is softer has no loudness."""


@dataclass(frozen=True)
class Aim:
    """What a track is brought to before its coder."""

    level: float = TARGET_LUFS
    """LUFS"""
    peak: float = PEAK_DBTP
    """dBTP"""

    def after(self, heard: Mapping[str, Any]) -> Aim:
        """The aim of the next try, as far off as this one's coded file was heard to be; the same where
        that may ship.

        Sound without a loudness is left as it is in its first try, whose overshoot is still taken off
        the peak of this aim: noise that was limited to that alone came out at .3, -.3, -.9 and -1 dBTP
        in as many tries as there are; so it comes out at -2.1 in the second.
        """
        level, peak = float(heard["integrated"]), float(heard["true_peak"])  # "-inf" of silence
        off, over, given = level - TARGET_LUFS, peak - MOST_PEAK_DBTP, self.peak
        levelled = heard["normalization"] != "none"
        off = off if levelled and abs(off) > MOST_OFF_LU else 0.0
        if not levelled:  # a limiter above its own peak would do nothing
            given = min(given, float(heard["measured"]["true_peak"]))
        return Aim(
            round(min(max(self.level - off, LEVELS[0]), LEVELS[1]), 2),
            round(max(given - over - BELOW_DB, LOWEST_PEAK_DBTP), 2) if over > 0 else self.peak,
        )


AIM = Aim()


@dataclass(frozen=True)
class Loudness:
    """What the meter said of a whole track; -inf for silence."""

    integrated: float
    """LUFS"""
    threshold: float
    """LUFS: what is softer than this did not count."""
    range: float
    """LU"""
    true_peak: float
    """dBTP"""

    @property
    def silent(self) -> bool:
        """Whether there is nothing to bring to a loudness."""
        return not self.integrated > SILENT_LUFS

    @property
    def why_unlevelled(self) -> str:
        """Why what is silent to the meter is left as it is."""
        heard = self.true_peak > SILENT_LUFS
        return "it is too short or too soft to have a loudness" if heard else "it is silent"

    def why_dynamic(self, aim: Aim = AIM) -> str:
        """Why one gain for the whole track cannot reach the aim; empty where it can."""
        peak = self.true_peak + aim.level - self.integrated
        if peak <= aim.peak:
            return ""
        return f"one gain to {aim.level:g} LUFS would lift its peak to {peak:.1f} dBTP"

    @property
    def words(self) -> dict[str, float | str]:
        """For notes: JSON has no -inf."""
        return {
            name: value if not isinstance(value, float) or math.isfinite(value) else str(value)
            for name, value in asdict(self).items()
        }


METER = "ebur128=peak=true:framelog=quiet"
"""It measures the first pass too: loudnorm's own leaves out the end of a track, which put a clip
of 5 s at -23.7 LUFS."""


def metered(ran: Ran) -> Loudness:
    """What the meter said at the end of a call."""
    summary = ran.stderr[ran.stderr.rindex("Summary:") :]
    names = (r"I", r"Threshold", r"LRA", r"Peak")
    found = [re.search(rf"\b{name}:\s+(-?inf|nan|-?[\d.]+)", summary) for name in names]
    return Loudness(*(float(each[1]) if each else -math.inf for each in found))


def loudnorm(measured: Loudness, aim: Aim = AIM) -> str:
    """The second pass: one gain for the whole track where the peak allows it, else dynamic."""
    spread = min(max(RANGE_LU, measured.range), WIDEST_RANGE_LU)
    range_lu = min(max(measured.range, LEAST_RANGE_LU), spread)
    return (
        f"loudnorm=I={aim.level:g}:TP={aim.peak:g}:LRA={spread:g}"
        f":measured_I={measured.integrated:g}:measured_TP={measured.true_peak:g}"
        f":measured_LRA={range_lu:g}:measured_thresh={measured.threshold:g}"
        ":linear=true:print_format=json"
    )


def normalization(ran: Ran) -> str:
    """linear or dynamic: what loudnorm says that it did."""
    return str(re.findall(r'"normalization_type"\s*:\s*"(\w+)"', ran.stderr)[-1])


def corrected(gain: float, peak: float = PEAK_DBTP) -> str:
    """Filters after a dynamic pass, at its 192 kHz: make up what it missed (dB), and limit the peaks.

    Dynamic loudnorm looks 3 s ahead; a film of 5 s came out 1.0 LU too loud (Big Buck Bunny, 5.1),
    clicks over a soft tone 2 LU too soft.
    """
    return f"volume={gain:.2f}dB,{limited(peak)}"


def limited(peak: float) -> str:
    """The filter that keeps peaks below this (dBTP), at 192 kHz, where samples come near to it."""
    return f"alimiter=limit={10 ** (peak / 20):.4f}:level=0:latency=1"
