"""What one gain can reach is reached by one gain."""

from __future__ import annotations

from math import inf
from typing import Any

from jobs.encode.loudness import AIM, Aim, Loudness, corrected, loudnorm

FILM = Loudness(integrated=-25.9, threshold=-36, range=23.4, true_peak=-1.96)


def test_the_range_is_never_below_the_measured_one() -> None:
    # else loudnorm leaves linear mode without a word
    assert ":LRA=23.4:" in loudnorm(FILM)
    assert ":LRA=11:" in loudnorm(Loudness(-25, -35, 4, -9))
    assert ":LRA=50:" in loudnorm(Loudness(-25, -35, 61, -9))  # loudnorm takes no more


def test_a_gain_that_would_lift_the_peak_is_named() -> None:
    # -25.9 -> -23 is +2.9 dB, and -1.96 + 2.9 is above 0
    assert FILM.why_dynamic() == "one gain to -23 LUFS would lift its peak to 0.9 dBTP"
    assert Loudness(-25.9, -36, 23.4, -4.9).why_dynamic() == ""


def test_an_even_sound_has_a_range_that_counts_as_measured() -> None:
    assert ":measured_LRA=0.1:" in loudnorm(Loudness(-25, -35, 0, -9))


def test_what_dynamic_missed_is_made_up_below_the_peak() -> None:
    # 10 ^ (-2 / 20) = .7943
    assert corrected(-1).startswith("volume=-1.00dB,alimiter=limit=0.7943:")
    assert corrected(2).startswith("volume=2.00dB,")


def test_silence_is_no_loudness() -> None:
    assert Loudness(-inf, -inf, 0, -inf).silent
    assert Loudness(-70, -70, 0, -inf).silent
    assert not Loudness(-69, -79, 0, -40).silent
    assert Loudness(-inf, -70, 0, -9).words == {
        "integrated": "-inf", "threshold": -70, "range": 0, "true_peak": -9,
    }  # fmt: skip


def heard(
    level: float | str, peak: float | str, kind: str = "linear", before: float | str = -9.0
) -> dict[str, Any]:
    measured = {"true_peak": before}
    return {"integrated": level, "true_peak": peak, "normalization": kind, "measured": measured}


def test_the_next_try_aims_as_far_off_the_other_way_and_never_at_what_loudnorm_refuses() -> None:
    assert AIM.after(heard(-23.9, -1.0)) == AIM
    assert AIM.after(heard(-23.0, -0.8)) == Aim(-23, -2.3)  # .2 over the limit, and .1 below it
    assert AIM.after(heard(-24.4, 0.2)) == Aim(-21.6, -3.3)
    assert AIM.after(heard("-inf", 9)) == Aim(-5, -9)
    assert ":TP=-3.3:" in loudnorm(FILM, Aim(-21.6, -3.3))


def test_what_has_no_loudness_is_brought_to_none() -> None:
    assert AIM.after(heard("-inf", "-inf", "none", "-inf")) == AIM
    assert AIM.after(heard(-70, 0.3, "none", 1.7)) == Aim(-23, -3.4)


def test_what_has_no_loudness_is_limited_below_its_own_peak() -> None:
    # a limiter at -2.2, as far below -2, would leave a peak of -3.8 as it is, and each try the same
    assert AIM.after(heard(-70, -0.9, "none", -3.8)) == Aim(-23, -4)
