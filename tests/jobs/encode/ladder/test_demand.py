"""A CRF a shot is for titles whose plays pay for it, or for who asks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.encode.ladder.demand import PRICES, Work, bytes_of_a_play, decide

FILM = Work(seconds=6000, pixels_per_second=1280 * 720 * 24, shots=900, further_cpu_seconds=90_000)
"""A film of 100 minutes, of which a sample of 60 s would be probed."""


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("plays", [None, 0.0, 1e9])
def test_who_asks_gets_it_whatever_the_demand(asked: bool, plays: float | None) -> None:
    found = decide(asked, plays, FILM)
    assert found.per_shot is asked
    assert found.why.endswith("as was asked.")


def test_unknown_demand_is_not_taken_for_any() -> None:
    found = decide(None, None, FILM)
    assert not found.per_shot
    assert "nothing is known of the title's demand" in found.why


def test_it_pays_from_the_play_on_that_covers_the_cpu() -> None:
    """.04 bits of 1280 x 720 x 24 pixels a second for 6,000 s are 664 MB a play; 2 % of them at $.02
    a GB are $.000265. 90,000 CPU-s are 25 hours at $.04, $1: 3,768 plays."""
    assert bytes_of_a_play(FILM) == pytest.approx(663.6e6, rel=1e-3)
    assert not decide(None, 3_700, FILM).per_shot
    found = decide(None, 3_800, FILM)
    assert found.per_shot
    assert found.why == (
        "Each shot has a CRF of its own, since a month of 3,800 plays would send 50.4 GB less, "
        "worth $1.01, for 90,000 more CPU-s, which cost $1.00."
    )


def test_one_shot_has_one_crf_however_often_it_is_played() -> None:
    assert not decide(None, 1e12, replace(FILM, shots=1)).per_shot


@given(plays=st.floats(0, 1e9), more=st.floats(1, 100), cpu=st.floats(1, 1e7))
def test_more_plays_never_speak_against_it_and_dearer_cpu_never_for_it(
    plays: float, more: float, cpu: float
) -> None:
    work = replace(FILM, further_cpu_seconds=cpu)
    if decide(None, plays, work).per_shot:
        assert decide(None, plays * more, work).per_shot
    else:
        dearer = replace(PRICES, cpu_hour=PRICES.cpu_hour * more)
        assert not decide(None, plays, work, dearer).per_shot
