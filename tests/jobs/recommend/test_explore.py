"""Check that draws are fair, repeatable and independent, and that shares say how likely they are."""

from datetime import date

import numpy as np
import pytest

from jobs.recommend.explore import draw, draws

NIGHT = date(2026, 1, 31)


def test_a_draw_depends_on_its_profile_alone():
    together = draws(7, NIGHT, ["p", "a longer id", "q"], 4)
    alone = [draws(7, NIGHT, [one], 4)[0] for one in ("p", "a longer id", "q")]
    assert together.tolist() == alone  # the width of an array of ids must not matter


@pytest.mark.parametrize(
    "other", [(8, NIGHT, ["p"], 4), (7, date(2026, 2, 1), ["p"], 4), (7, NIGHT, ["q"], 4), (7, NIGHT, ["p"], 5)]
)  # fmt: skip
def test_seed_night_profile_and_slot_each_change_a_draw(other):
    assert draws(*other)[0] != draws(7, NIGHT, ["p"], 4)[0]


def test_draws_are_the_same_on_every_machine():
    # a golden value: pages of a night must come out the same after an upgrade
    assert draws(20260101, NIGHT, ["profile-1"], 4)[0] == 0.5715166565904298


def test_draws_of_many_profiles_are_even():
    # chi-square over 20 bins, 19 degrees of freedom: above 43.8 once in a thousand
    drawn = draws(1, NIGHT, [str(n) for n in range(20_000)], 4)
    counts = np.bincount((drawn * 20).astype(int), minlength=20)
    assert ((counts - 1000) ** 2 / 1000).sum() < 43.8


def test_draws_of_successive_nights_do_not_follow_each_other():
    ids = [str(n) for n in range(5_000)]
    one, next_one = (draws(1, date(2026, 1, day), ids, 4) for day in (1, 2))
    assert abs(np.corrcoef(one, next_one)[0, 1]) < 0.05


def test_a_place_is_drawn_by_its_share():
    there = np.ones((4, 3), bool)
    places, chances = draw(there, (1.0, 2.0, 1.0), np.array([0.0, 0.2499, 0.25, 0.7501]))
    assert places.tolist() == [0, 0, 1, 2]
    assert chances.tolist() == [0.25, 0.25, 0.5, 0.25]


def test_missing_places_give_their_share_to_the_others():
    there = np.array([[True, False, True], [True, False, False], [False, False, False]])
    places, chances = draw(there, (1.0, 2.0, 3.0), np.array([0.9999, 0.9999, 0.9999]))
    assert places.tolist() == [2, 0, 0]
    assert chances.tolist() == [0.75, 1.0, 1.0]


def test_rounding_never_draws_beyond_the_last_place():
    # ten shares of a tenth add up to less than the largest draw
    there = np.array([[True] * 10 + [False]])
    places, _ = draw(there, (0.1,) * 11, np.array([1 - 2.0**-53]))
    assert places.tolist() == [9]
