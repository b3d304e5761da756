"""Check metrics against arithmetic done by hand, and against what must hold for any input."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import metrics
from models.metrics import auc, calibration_error, interval, judge, paired_difference, pr_auc


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(metrics).failed == 0


def test_ndcg_by_hand():
    # hits at places 1 and 3 of 3; three titles to find
    # (1/log2(2) + 1/log2(4)) / (1/log2(2) + 1/log2(3) + 1/log2(4)) = 1.5 / 2.13093
    one = judge([[4, 0, 6]], [0, 3], [4, 6, 8])
    assert one.ndcg(3) == pytest.approx([0.703918])


def test_the_ideal_list_is_as_long_as_there_is_something_to_find():
    # one relevant title in front of ten places is perfect
    one = judge([[4, 0, 1, 2]], [0, 1], [4])
    assert one.ndcg(4) == pytest.approx([1.0])
    assert one.average_precision(4) == pytest.approx([1.0])


def test_average_precision_by_hand():
    # hits at places 2 and 3: (1/2 + 2/3) / min(3, 5 relevant)
    one = judge([[0, 4, 6]], [0, 5], [4, 6, 8, 9, 10])
    assert one.average_precision(3) == pytest.approx([(1 / 2 + 2 / 3) / 3])


def test_padding_is_never_a_hit_and_never_excused():
    # -1 must not be read as the last title of the profile before (key arithmetic)
    two = judge([[1, -1], [-1, -1]], [0, 1, 2], [1, 0])
    assert two.hits.tolist() == [[True, False], [False, False]]
    assert two.precision(2).tolist() == [0.5, 0.0]


def test_padding_does_not_hit_a_neighbour():
    # profile 1's padding has the key of profile 0's title 1
    two = judge([[0], [-1]], [0, 1, 2], [1, 1])
    assert not two.hits.any()


def test_repeated_relevant_titles_count_once():
    # a title watched again is one title to find
    one = judge([[3, 5]], [0, 3], [3, 3, 5])
    assert one.relevant.tolist() == [2]
    assert one.recall(2).tolist() == [1.0]


def test_profiles_with_nothing_to_find_have_no_value():
    two = judge([[3], [3]], [0, 0, 1], [3])
    assert np.isnan(two.recall(1)[0])
    assert interval(two.recall(1), seed=1).profiles == 1


@st.composite
def lists(draw):
    profiles, titles, k = draw(st.integers(1, 5)), draw(st.integers(1, 9)), draw(st.integers(1, 9))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    ranked = np.array([rng.permutation(titles) for _ in range(profiles)])[:, :k]
    relevant = [rng.choice(titles, rng.integers(1, titles + 1), replace=False) for _ in ranked]
    offsets = np.cumsum([0, *map(len, relevant)])
    return ranked, offsets, np.concatenate(relevant), k


@given(lists())
def test_every_metric_lies_between_zero_and_one(case):
    ranked, offsets, titles, k = case
    for values in judge(ranked, offsets, titles).by_name([k]).values():
        assert ((values >= 0) & (values <= 1 + 1e-12)).all()


@given(lists())
def test_agrees_with_sets(case):
    # the plain definition, one profile at a time
    ranked, offsets, titles, k = case
    judged = judge(ranked, offsets, titles)
    for p, row in enumerate(ranked):
        wanted = set(titles[offsets[p] : offsets[p + 1]].tolist())
        found = [t in wanted for t in row.tolist()]
        assert judged.recall(k)[p] == pytest.approx(sum(found) / len(wanted))
        assert judged.precision(k)[p] == pytest.approx(sum(found) / k)
        gain = sum(1 / np.log2(i + 2) for i, hit in enumerate(found) if hit)
        ideal = sum(1 / np.log2(i + 2) for i in range(min(k, len(wanted))))
        assert judged.ndcg(k)[p] == pytest.approx(gain / ideal)


@given(lists())
def test_bringing_a_hit_forward_never_lowers_a_metric(case):
    ranked, offsets, titles, k = case
    before = judge(ranked, offsets, titles)
    hits_first = np.argsort(~before.hits, axis=1, kind="stable")
    after = judge(np.take_along_axis(ranked, hits_first, axis=1), offsets, titles)
    for name, values in before.by_name([k]).items():
        assert (after.by_name([k])[name] >= values - 1e-12).all()


def test_interval_holds_the_truth_about_as_often_as_it_says():
    # 200 samples of 80 profiles from a known mean: 95 % +- 4 standard errors
    rng = np.random.default_rng(5)
    held = 0
    for seed in range(200):
        found = interval(rng.beta(2, 5, 80), seed)
        held += found.low <= 2 / 7 <= found.high
    assert 0.88 <= held / 200 <= 1.0


def test_pairing_sees_what_two_intervals_hide():
    # profiles differ much, but each is a little better with ours
    rng = np.random.default_rng(5)
    theirs = rng.uniform(0, 0.9, 100)
    ours = theirs + rng.uniform(0.0, 0.02, 100)
    assert interval(ours, 1).low < interval(theirs, 1).high
    assert paired_difference(ours, theirs, 1).low > 0 > paired_difference(theirs, ours, 1).high


def test_interval_repeats_with_its_seed():
    values = np.linspace(0, 1, 50)
    assert interval(values, 3) == interval(values, 3)
    assert interval(values, 3) != interval(values, 4)


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.5, 0.9])), min_size=1).filter(
        lambda pairs: {outcome for outcome, _ in pairs} == {True, False}
    )
)
def test_auc_and_pr_auc_agree_with_their_definitions(pairs):
    # few distinct scores, so that ties are common
    outcomes, scores = zip(*pairs, strict=True)
    ups, downs = ([s for o, s in pairs if o is side] for side in (True, False))
    wins = [(u > d) + (u == d) / 2 for u in ups for d in downs]
    assert auc(outcomes, scores) == pytest.approx(sum(wins) / len(wins))
    area = 0.0
    for threshold in set(scores):
        kept = [o for o, s in pairs if s >= threshold]
        area += sum(u == threshold for u in ups) / len(ups) * sum(kept) / len(kept)
    assert pr_auc(outcomes, scores) == pytest.approx(area)


def test_one_sided_outcomes_have_no_auc():
    assert np.isnan(auc([1, 1], [0.1, 0.2]))
    assert np.isnan(pr_auc([0, 0], [0.1, 0.2]))


def test_calibration_error_by_hand():
    # says .2 of five of which one is true (right), .9 of five of which four are (off by .1)
    outcomes = [1, 0, 0, 0, 0, 1, 1, 1, 1, 0]
    said = [0.2] * 5 + [0.9] * 5
    assert calibration_error(outcomes, said, bins=2) == pytest.approx(0.05)
