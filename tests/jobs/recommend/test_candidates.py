"""Check that candidates are filtered, within budget, united once, and at most as many as allowed."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jobs.recommend.candidates import propose
from jobs.recommend.policy import FILTERS, SOURCES, Policy


class Fixed:
    """A source with the same list for everyone."""

    def __init__(self, name, *codes):
        self.name = name
        self.codes = np.array(codes, np.int32)

    def candidates(self, block, depth):
        return np.tile(self.codes[:depth], (block.stop - block.start, 1))


def policy(budget, most=1000):
    budgets = tuple(replace(one, titles=budget) for one in Policy().budgets)
    return replace(Policy(), budgets=budgets, most_candidates=most)


def united(sources, verdicts, rules, watched=0):
    verdicts = np.atleast_2d(np.array(verdicts, np.uint8))
    block = slice(0, len(verdicts))
    return propose(sources, block, verdicts, np.full(len(verdicts), watched), rules)


def bit(name):
    return 1 << SOURCES.index(name)


def test_a_title_of_two_sources_is_one_candidate_with_both_bits():
    found = united([Fixed("popular", 2, 0), Fixed("new", 2, 3)], [0, 0, 0, 0], policy(5))
    assert found.codes.tolist() == [[0, 2, 3]]
    assert found.bits.tolist() == [[bit("popular"), bit("popular") | bit("new"), bit("new")]]


def test_what_a_filter_removes_does_not_use_up_the_budget():
    # watched 2 titles: the source is asked for 2 more than its budget of 2
    found = united([Fixed("popular", 3, 1, 2, 0)], [0, 1, 0, 1], policy(2), watched=2)
    assert found.codes.tolist() == [[0, 2]]


def test_a_source_is_asked_no_deeper_than_a_profile_needs():
    # without this a profile's candidates would depend on the longest history of its block
    verdicts = np.zeros((2, 4), np.uint8)
    verdicts[0, 0] = 3  # a region, which a longer list would make up for
    found = propose(
        [Fixed("popular", 0, 1, 2, 3)], slice(0, 2), verdicts, np.array([0, 2]), policy(1)
    )
    assert found.codes.tolist() == [[-1], [0]]


def test_the_weakest_go_where_there_are_too_many():
    # best places: 0 and 4 are first of a list, 1 and 5 second, 2 third
    found = united([Fixed("popular", 0, 1, 2), Fixed("new", 4, 5)], [0] * 6, policy(9, most=3))
    assert found.codes.tolist() == [[0, 1, 4]]  # 1 and 5 are equal: the lower code stays


def test_filters_count_each_title_once_and_only_what_reaches_them():
    watched, region = 1 + FILTERS.index("watched"), 1 + FILTERS.index("region")
    found = united(
        [Fixed("popular", 0, 1, 2), Fixed("new", 1, 2)], [0, watched, region, region], policy(9)
    )
    # title 3 is removed too, but no source proposed it
    assert dict(zip(FILTERS, found.removed.tolist(), strict=True)) == {
        "watched": 1, "removed": 0, "region": 1, "maturity": 0, "availability": 0, "playable": 0,
    }  # fmt: skip
    assert found.asked.tolist() == [3, 2, 2, 1, 1, 1]


def test_nothing_proposed_is_no_candidate():
    found = united([Fixed("popular", -1, -1)], [0, 0], policy(5))
    assert found.codes.shape == (1, 0)
    assert found.asked.tolist() == [0] * len(FILTERS)


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 12))
def test_agrees_with_sets(seed, budget, most):
    random = np.random.default_rng(seed)
    names = random.choice(SOURCES, 3, replace=False)
    lists = [random.permutation(12)[: random.integers(0, 12)] for _ in names]
    verdicts = random.integers(0, 3, 12)
    rules = policy(budget, most)
    found = united(
        [Fixed(n, *codes) for n, codes in zip(names, lists, strict=True)], verdicts, rules
    )

    places = {}
    for codes in lists:
        kept = [c for c in codes[:budget].tolist() if verdicts[c] == 0]
        for place, code in enumerate(kept):
            places[code] = min(place, places.get(code, 99))
    expected = sorted(sorted(places, key=lambda code: (places[code], code))[:most])
    assert found.codes[0].tolist() == expected
