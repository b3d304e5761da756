"""A top rung is encoded again until it meets its target, a few times, with all that is known of its slope."""

from __future__ import annotations

from dataclasses import replace
from math import exp
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.codecs import CODECS
from jobs.encode.facts import Attempt, Probe, Rung
from jobs.encode.gate import TRIES, chosen, next_crf, on_target, settle, steepness_of

if TYPE_CHECKING:
    from collections.abc import Callable

RUNG = Rung("h264", 640, 360, 25, 900, 85, 1800)


def scorer(at_30: float, rise: float) -> Callable[[float], float]:
    """A title whose log(102 - VMAF) rises by `rise` a CRF step."""
    return lambda crf: 102 - (102 - at_30) * exp(rise * (crf - 30))


def encoder(at_30: float, rise: float) -> Callable[[float], Attempt]:
    return lambda crf: attempt(crf, scorer(at_30, rise)(crf))


def attempt(crf: float, mean: float) -> Attempt:
    """Where the rate does not matter."""
    return Attempt(crf, mean, 900)


def always(mean: float) -> Callable[[float], Attempt]:
    return lambda crf: attempt(crf, mean)


def test_a_good_top_is_encoded_once() -> None:
    attempts = settle(replace(RUNG, crf=24, vmaf=95.2), always(95.4), 95, CODECS["h264"], 0.1)
    assert attempts == [attempt(24, 95.4)]


def test_a_poor_top_is_encoded_again_where_the_line_meets_the_target() -> None:
    # log(102 - V) is a line here, so the first retry by its true slope lands on 95 + .3
    attempts = settle(replace(RUNG, crf=30, vmaf=95), encoder(91, 0.12), 95, CODECS["h264"], 0.12)
    assert [attempt.crf for attempt in attempts] == [30, 25.8]
    assert attempts[1].mean == pytest.approx(95.3, abs=0.1)


@given(
    st.floats(92, 98), st.floats(0.05, 0.16), st.floats(0.05, 0.16), st.sampled_from(list(CODECS))
)
def test_tops_settle_within_three_tries_even_by_a_wrong_slope(
    at_30: float, true: float, guessed: float, name: str
) -> None:
    codec = CODECS[name]
    attempts = settle(replace(RUNG, crf=30, vmaf=95), encoder(at_30, true), 95, codec, guessed)
    assert len(attempts) <= TRIES
    assert len({attempt.crf for attempt in attempts}) == len(attempts)
    best = chosen(attempts, 95)
    # the finest that the encoder can do; a steeper guess may find no step between
    step = 7 * max(true, guessed) * codec.crf_step
    assert on_target(best.mean, 95) or abs(best.mean - 95.3) < 0.4 + step


def test_a_top_that_no_crf_brings_to_the_target_is_held_to_its_prediction() -> None:
    rung = replace(RUNG, crf=10, vmaf=92)
    assert settle(rung, always(92.1), 95, CODECS["h264"], 0.1) == [attempt(10, 92.1)]
    # and where it is worse than predicted there is no lower CRF to try
    assert settle(rung, always(90), 95, CODECS["h264"], 0.1) == [attempt(10, 90)]


def test_the_second_retry_draws_its_line_through_both_attempts() -> None:
    # 30 -> 91, 28 -> 93: log 11 = 2.398, log 9 = 2.197: .1003 a step; log(102 - 95.3) = 1.902
    attempts = [attempt(30, 91), attempt(28, 93)]
    assert next_crf(attempts, 95, CODECS["h264"], 0.3) == 25.0  # of 25.06, the better
    assert next_crf(attempts, 95, CODECS["av1"], 0.3) == 25


def test_the_cheapest_that_reaches_the_target_is_chosen_else_the_best() -> None:
    tried = [attempt(30, 91), attempt(24, 96.5), attempt(26, 95.2)]
    assert chosen(tried, 95) == attempt(26, 95.2)
    assert chosen(tried, 97) == attempt(24, 96.5)


def test_steepness_comes_from_the_probes_of_a_size() -> None:
    score = scorer(90, 0.1)
    probes = [
        Probe("h264", shot, width, 360, crf, 1, frames, score(crf) + off, 1)
        for crf in (22, 30, 38)
        for shot, frames, off in ((0, 30, 1.0), (1, 10, -3.0))  # which cancel out
        for width in (640, 480)
    ]
    assert steepness_of(probes, (640, 360)) == pytest.approx(0.1)
    assert 0.02 < steepness_of(probes[:2], (640, 360)) < 0.3  # one CRF gives no slope
