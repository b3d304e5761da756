"""Check that a model goes live only with proof, and that each refusal says why."""

import numpy as np
import pytest

from models.gate import decide, refused, window_days

SEED = 5
DRAWS = np.random.default_rng(3)
POPULARITY = DRAWS.random(200) * 0.3


def test_a_clear_gain_goes_live():
    verdict = decide(POPULARITY + 0.05, POPULARITY, None, {}, SEED)
    assert verdict.passed
    assert "is above" in verdict.reasons[0]


def test_what_popularity_gives_is_not_enough():
    # the lower bound must lie above 0: an equal model brings cost and no gain
    assert not decide(POPULARITY, POPULARITY, None, {}, SEED).passed


def test_a_gain_that_may_be_chance_is_refused():
    # +0.01 on average, but one profile in two loses: 40 profiles cannot tell
    swings = np.tile([0.31, -0.29], 20)
    verdict = decide(np.full(40, 0.5) + swings, np.full(40, 0.5), None, {}, SEED)
    assert verdict.differences["popularity"].mean == pytest.approx(0.01)
    assert not verdict.passed


@pytest.mark.parametrize(("share", "passed"), [(0.981, True), (0.979, False)])
def test_a_new_model_may_lie_two_percent_below_the_live_one(share, passed):
    # a constant share below: the interval has no width, so the bound itself decides
    live = np.full(100, 0.5)
    assert decide(live * share, np.zeros(100), live, {}, SEED).passed is passed


def test_the_same_recipe_is_as_good_as_itself_even_where_all_is_zero():
    # nothing found by either: the difference is exactly zero and the tolerance as well
    verdict = decide(np.zeros(60), np.zeros(60), np.zeros(60), {}, SEED)
    assert "is above" in verdict.reasons[1]


@pytest.mark.parametrize(("members", "passed"), [(30, False), (29, True)])
def test_harm_to_a_slice_of_thirty_is_refused(members, passed):
    # everyone gains much but these; 29 are too few to tell
    ours = POPULARITY + 0.2
    ours[:members] = POPULARITY[:members] - 0.1
    slices = {"new profiles": np.arange(200) < members}
    verdict = decide(ours, POPULARITY, None, slices, SEED)
    assert verdict.passed is passed
    assert passed or "new profiles" in verdict.reasons[-1]


def test_a_slice_that_may_have_lost_by_chance_is_no_reason():
    # half of its members gain as much as the others lose: the interval holds zero
    ours = POPULARITY + 0.2
    ours[:40] = POPULARITY[:40] + np.tile([0.1, -0.1], 20)
    verdict = decide(ours, POPULARITY, None, {"mixed": np.arange(200) < 40}, SEED)
    found = verdict.slices["popularity"]["mixed"]
    assert found.low < 0 < found.high
    assert verdict.passed


def test_harm_to_a_slice_against_the_live_model_is_refused_too():
    # better than popularity for everyone, better than live on average, worse for forty
    live, few = POPULARITY + 0.1, np.arange(200) < 40
    ours = np.where(few, POPULARITY + 0.05, POPULARITY + 0.2)
    verdict = decide(ours, POPULARITY, live, {"few": few}, SEED)
    assert verdict.differences["live"].low > 0
    assert not verdict.passed
    assert "(few) it is worse than the live model" in verdict.reasons[-1]


def test_profiles_without_a_value_neither_count_nor_fill_a_slice():
    # 40 members, of whom 20 watched nothing later: the slice is too small to judge
    ours = POPULARITY + 0.2
    ours[:40] = POPULARITY[:40] - 0.1
    ours[:20] = np.nan
    verdict = decide(ours, POPULARITY, None, {"few": np.arange(200) < 40}, SEED)
    assert verdict.passed
    assert verdict.differences["popularity"].profiles == 180


def test_without_any_judged_profile_nothing_goes_live():
    nobody = np.full(5, np.nan)
    assert not decide(nobody, nobody, None, {}, SEED).passed


def test_equal_seeds_give_equal_verdicts():
    ours = POPULARITY + DRAWS.normal(0.01, 0.1, 200)
    assert decide(ours, POPULARITY, None, {}, 9) == decide(ours, POPULARITY, None, {}, 9)


def test_the_shortest_window_with_fifty_profiles_judges():
    assert window_days({7: 49, 14: 50, 28: 80, 56: 90}) == 14
    assert window_days({7: 1, 14: 2, 28: 3, 56: 4}) is None


def test_a_refusal_without_comparison_keeps_its_reason():
    verdict = refused(["Too few."])
    assert (verdict.passed, verdict.reasons) == (False, ("Too few.",))
