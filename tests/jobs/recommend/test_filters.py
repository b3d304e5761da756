"""Check each filter on titles around its edge, unknown attributes, and the limit that stops a night."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.recommend.attributes import Audience
from jobs.recommend.filters import (
    FilterRemovedTooMuch,
    Filters,
    Shown,
    check_limits,
)
from jobs.recommend.policy import FILTERS, Policy

ONE = slice(0, 1)


def passes(filters, histories, audience):
    return (filters.verdicts(histories, audience, ONE)[0] == 0).tolist()


def reasons(verdicts):
    return ["" if one == 0 else FILTERS[one - 1] for one in verdicts.tolist()]


def test_each_filter_removes_its_titles(history, catalogue):
    titles = catalogue(
        "abcdefg",
        listed=[True, False, True, True, True, True, True],
        region_names=["DE", "NL"],
        regions=[[False, True]] * 2 + [[True, False]] + [[False, True]] * 4,
        maturity=[7.0, 7.0, 7.0, 18.0, 12.0, 7.0, 7.0],
        available_until=[np.nan] * 5 + [150.0, np.nan],
        plays=[True] * 6 + [False],
    )
    audience = Audience(np.array([1], np.int32), np.array([12.0]))
    filters = Filters(titles, Shown(100.0, 200.0), remove_unknown=False)
    verdicts = filters.verdicts(history(("p", "a", 1), titles="abcdefg"), audience, ONE)[0]
    # e stands at the limit itself, which is allowed; f ends while the page still lives
    assert reasons(verdicts) == [
        "watched", "removed", "region", "maturity", "", "availability", "playable",
    ]  # fmt: skip


def test_the_first_filter_in_order_counts_a_title(history, catalogue):
    titles = catalogue("ab", listed=[False, False], maturity=[18.0, 18.0])
    filters = Filters(titles, Shown(0.0, 1.0), remove_unknown=False)
    audience = Audience(np.array([-1], np.int32), np.array([12.0]))
    verdicts = filters.verdicts(history(("p", "a", 1), titles="ab"), audience, ONE)[0]
    assert reasons(verdicts) == ["watched", "removed"]


def test_a_title_must_be_there_all_the_time_that_a_page_lives(history, catalogue):
    titles = catalogue(
        "abcd",
        available_from=[100.0, 101.0, 0.0, 0.0],
        available_until=[200.0, 300.0, 200.0, 199.0],
    )
    filters = Filters(titles, Shown(100.0, 200.0), remove_unknown=False)
    histories = history(titles="abcd", profiles=["p"])
    assert passes(filters, histories, Audience.bare(1)) == [True, False, True, False]


@pytest.mark.parametrize(("remove_unknown", "expected"), [(False, True), (True, False)])
@pytest.mark.parametrize(
    "lacking", ["region", "maturity", "availability", "own region", "own limit"]
)
def test_an_unknown_attribute_is_no_restriction_unless_the_setting_says_so(
    history, catalogue, lacking, remove_unknown, expected
):
    known = catalogue(
        "a", region_names=["NL"], regions=[[True]], maturity=[7.0], available_from=[0.0]
    )
    audience = Audience(np.array([0], np.int32), np.array([12.0]))
    changed = {
        "region": {"regions": np.array([[False]])},
        "maturity": {"maturity": np.array([np.nan])},
        "availability": {"available_from": np.array([np.nan])},
    }
    titles = replace(known, **changed.get(lacking, {}))
    audience = {
        "own region": Audience(np.array([-1], np.int32), audience.maturity_limits),
        "own limit": Audience(audience.regions, np.array([np.nan])),
    }.get(lacking, audience)
    histories = history(titles="a", profiles=["p"])
    filters = Filters(titles, Shown(100.0, 200.0), remove_unknown)
    assert passes(filters, histories, audience) == [expected]
    strict = Filters(known, Shown(100.0, 200.0), remove_unknown)
    complete = Audience(np.array([0], np.int32), np.array([12.0]))
    assert passes(strict, histories, complete) == [True]  # what is known passes either way


def test_profiles_of_one_region_and_limit_differ_by_history_alone(history, catalogue):
    titles = catalogue("ab", maturity=[18.0, 7.0])
    audience = Audience(np.full(3, -1, np.int32), np.array([12.0, 12.0, np.nan]))
    histories = history(("p", "b", 1), titles="ab", profiles="pqr")
    verdicts = Filters(titles, Shown(0, 1), False).verdicts(histories, audience, slice(0, 3))
    assert [reasons(one) for one in verdicts] == [
        ["maturity", "watched"],
        ["maturity", ""],
        ["", ""],
    ]


def of_regions(titles, *limits):
    audience = Audience(np.zeros(len(limits), np.int32), np.array(limits))
    return (Filters(titles, Shown(0, 1), False).of_regions(audience) == 0).tolist()


def test_popular_pages_hold_nothing_that_anyone_may_not_see(catalogue):
    titles = catalogue("abc", maturity=[7.0, 12.0, np.nan])
    assert of_regions(titles, 16.0, 7.0, np.nan) == [[True, False, True]]
    assert of_regions(titles, np.nan) == [[True, True, True]]


def test_a_popular_page_is_not_empty_where_the_strictest_profile_fits_no_title(catalogue):
    titles = catalogue("abc", maturity=[18.0, 12.0, 12.0])
    assert of_regions(titles, 0.0) == [[False, True, True]]


def test_a_popular_page_holds_no_title_that_does_not_play(catalogue):
    # also where the strictest profile fits none: the mildest of those that play stays
    titles = catalogue("abc", maturity=[12.0, 16.0, 18.0], plays=[False, True, True])
    assert of_regions(titles, 6.0) == [[False, True, False]]


def test_the_page_for_everywhere_holds_what_every_region_licenses(catalogue):
    titles = catalogue(
        "abc", region_names=["DE", "NL"], regions=[[True, False], [True, True], [False, False]]
    )
    assert of_regions(titles) == [
        [True, True, True],  # DE
        [False, True, True],  # NL
        [False, True, True],  # everywhere
    ]


def test_the_page_for_everywhere_is_not_empty_where_no_title_is_licensed_everywhere(catalogue):
    titles = catalogue("ab", region_names=["DE", "NL"], regions=[[True, False], [False, True]])
    assert of_regions(titles)[-1] == [True, True]


def test_a_region_that_no_title_names_is_unknown(catalogue):
    # profiles name regions and titles do not: charts by region, and no restriction
    titles = catalogue("ab", region_names=["NL"], regions=[[False], [False]])
    assert of_regions(titles) == [[True, True], [True, True]]


def test_a_region_that_licenses_nothing_shows_what_may_be_shown_everywhere(catalogue):
    # the one title licensed in NL left the catalogue
    titles = catalogue(
        "ab",
        region_names=["DE", "NL"],
        regions=[[True, False], [False, True]],
        listed=[True, False],
    )
    assert of_regions(titles)[1] == [True, False]


def test_a_filter_above_its_limit_stops_the_night():
    asked, removed = np.full(6, 10_000), np.array([0, 0, 9_700, 0, 0, 0])
    with pytest.raises(FilterRemovedTooMuch, match=r"region removed 97% of 10,000 candidates"):
        check_limits(asked, removed, Policy())
    check_limits(asked, np.array([0, 0, 9_000, 0, 0, 0]), Policy())  # at the limit it goes on


def test_the_first_titles_that_play_do_not_empty_the_pages_of_a_large_service():
    asked, removed = np.full(6, 10_000), np.array([0, 0, 0, 0, 0, 9_990])
    with pytest.raises(
        FilterRemovedTooMuch, match=r"playable removed 100% .* gold.playable_titles"
    ):
        check_limits(asked, removed, Policy())


def test_a_few_candidates_say_nothing():
    check_limits(np.full(6, 999), np.full(6, 999), Policy())
