"""Check that each protocol puts every row where it says, and that nothing to be found is learned."""

import numpy as np
import pytest
from numpy.typing import NDArray

from jobs.evaluate.interactions import Interactions
from jobs.evaluate.protocol import Protocol
from jobs.evaluate.protocols import drawn_share, given, split_rows

SEED = 42


def rows(*said: tuple[str, str, float]) -> Interactions:
    profiles, titles, times = zip(*said, strict=True)
    return Interactions.of(profiles, titles, times)


def pairs(part: Interactions) -> list[tuple[str, str]]:
    return list(zip(_words(part.profile_ids, part.profiles), titles(part), strict=True))


def titles(part: Interactions) -> list[str]:
    return _words(part.title_ids, part.titles)


def _words(ids: list[str], codes: NDArray[np.int32]) -> list[str]:
    return [ids[code] for code in codes]


class TestDrawnShare:
    def test_the_rows_are_those_of_the_published_split(self):
        # RandomState(42) draws .37 .95 .73 .60 .16 .16 .06 .87 for eight rows in file order; of
        # a's (1st, 3rd, 5th, 7th) the 3rd is highest, of b's (.95 .60 .16 .87) the first
        chosen = drawn_share(np.array(list("abababab")), 0.75, SEED)
        assert chosen.tolist() == [True, False, False, True, True, True, True, True]

    def test_the_part_to_be_found_is_rounded_up(self):
        # rank / count <= .75: of 1 row none is learned, of 2 one, of 5 three, of 7 five, of 8 six
        counts = np.array([1, 2, 3, 4, 5, 7, 8, 100])
        profiles = np.repeat(np.arange(len(counts)), counts)
        chosen = np.bincount(profiles, drawn_share(profiles, 0.75, SEED))
        assert chosen.tolist() == [0, 1, 2, 3, 3, 5, 6, 75]

    def test_rows_of_a_profile_need_not_stand_together(self):
        # the draw belongs to the place in the file, so moving a profile's rows moves the choice
        apart, together = np.array(list("abab")), np.array(list("aabb"))
        assert drawn_share(apart, 0.5, SEED).tolist() == [True, False, False, True]
        assert drawn_share(together, 0.5, SEED).tolist() == [True, False, False, True]
        assert drawn_share(np.array(list("abba")), 0.5, SEED).tolist() == [True, False, True, False]

    def test_a_seed_draws_the_same_rows_again_and_another_others(self):
        profiles = np.repeat(np.arange(20), 20)
        first = drawn_share(profiles, 0.75, SEED)
        assert (first == drawn_share(profiles, 0.75, SEED)).all()
        assert (first != drawn_share(profiles, 0.75, 1)).any()


class TestRandom:
    def test_repeats_count_once_and_the_rest_keeps_its_order_for_the_draw(self):
        # the second (a, 1) is later in time and earlier in the file: the first in time stays
        given_rows = rows(
            ("a", "1", 9), ("a", "2", 1), ("a", "1", 2), ("a", "3", 3), ("a", "4", 4),
        )  # fmt: skip
        split = split_rows(given_rows, Protocol.RANDOM, SEED)
        # four rows are left, in file order 2 1 3 4, with draws .37 .95 .73 .60: title 1 is highest
        assert titles(split.train) == ["2", "3", "4"]
        assert titles(split.test) == ["1"]
        assert split.order == "none"

    def test_every_pair_stands_in_one_part(self):
        some = rows(*((f"p{n % 7}", str(n), n) for n in range(70)))
        split = split_rows(some, Protocol.RANDOM, SEED)
        assert sorted(pairs(split.train) + pairs(split.test)) == sorted(pairs(some))


class TestLeaveLastOut:
    def test_the_newest_of_each_profile_is_to_be_found(self):
        split = split_rows(
            rows(("a", "1", 3), ("a", "2", 1), ("b", "1", 1), ("b", "2", 2)), Protocol.LAST, SEED
        )
        assert pairs(split.test) == [("a", "1"), ("b", "2")]
        assert split.order == "profile"

    def test_of_rows_at_one_time_the_last_in_the_file_is_newest(self):
        split = split_rows(rows(("a", "2", 5), ("a", "1", 5), ("b", "1", 1)), Protocol.LAST, SEED)
        assert pairs(split.test) == [("a", "1")]

    def test_a_profile_with_one_row_keeps_it(self):
        split = split_rows(rows(("a", "1", 1), ("b", "1", 1), ("b", "2", 2)), Protocol.LAST, SEED)
        assert pairs(split.train) == [("a", "1"), ("b", "1")]

    def test_watching_again_is_not_to_be_found(self):
        # a watched 1 again at last, which asks nobody for anything new: 2 is its newest title
        split = split_rows(rows(("a", "1", 1), ("a", "2", 2), ("a", "1", 3)), Protocol.LAST, SEED)
        assert (titles(split.train), titles(split.test)) == (["1"], ["2"])

    def test_one_time_for_all_says_nothing_of_order(self):
        split = split_rows(rows(("a", "1", 0), ("a", "2", 0)), Protocol.LAST, SEED)
        assert split.order == "none"


class TestGlobalTime:
    def test_the_earliest_four_fifths_are_learned_from(self):
        split = split_rows(rows(*(("a", str(n), 10 - n) for n in range(10))), Protocol.TIME, SEED)
        assert sorted(split.train.times) == [1, 2, 3, 4, 5, 6, 7, 8]
        assert sorted(split.test.times) == [9, 10]
        assert split.order == "global"

    def test_rows_of_the_second_of_the_cut_are_all_later(self):
        # the cut, at four fifths of ten rows, falls among three rows of one second
        times = [1, 2, 3, 4, 5, 6, 7, 8, 8, 8]
        split = split_rows(
            rows(*(("a", str(n), time) for n, time in enumerate(times))), Protocol.TIME, SEED
        )
        assert sorted(split.test.times) == [8, 8, 8]

    def test_a_title_watched_again_stands_in_both(self):
        # judging leaves out what was watched before; the second watch is history all the same
        split = split_rows(
            rows(("a", "1", 1), ("a", "2", 2), ("a", "3", 3), ("a", "4", 4), ("a", "1", 5)),
            Protocol.TIME, SEED,
        )  # fmt: skip
        assert pairs(split.test) == [("a", "1")]


@pytest.mark.parametrize("protocol", [Protocol.LAST, Protocol.TIME])
def test_the_order_of_rows_decides_nothing_but_the_draw(protocol):
    some = rows(*((f"p{n % 5}", str(n % 11), n // 2) for n in range(40)))
    turned = some.take(np.arange(len(some))[::-1])
    one, other = (split_rows(part, protocol, SEED) for part in (some, turned))
    # times repeat in twos of different profiles, so no tie is within a profile
    assert sorted(pairs(one.test)) == sorted(pairs(other.test))


class TestGiven:
    def test_all_of_the_second_file_later_is_a_split_by_time(self):
        split = given(rows(("a", "1", 1), ("b", "2", 4)), rows(("a", "2", 5), ("b", "1", 4)))
        assert split.order == "global"

    def test_later_within_each_profile_only_is_a_split_by_profile(self):
        # b's test row is older than a's training row
        split = given(rows(("a", "1", 9), ("b", "2", 1)), rows(("a", "2", 10), ("b", "1", 2)))
        assert split.order == "profile"

    def test_one_test_row_before_its_profiles_newest_ignores_time(self):
        split = given(rows(("a", "1", 9), ("b", "2", 5)), rows(("a", "2", 10), ("b", "1", 2)))
        assert split.order == "none"

    def test_profiles_without_history_say_nothing_of_order(self):
        # "c" and the id after all others are in the test file alone
        split = given(
            rows(("a", "1", 9), ("b", "2", 1)),
            rows(("a", "2", 10), ("b", "1", 2), ("c", "1", 0), ("zz", "1", 0)),
        )
        assert split.order == "profile"

    def test_what_shares_the_time_of_the_newest_comes_after_it(self):
        # a label at T knows what was before T, so the same second is the future
        split = given(rows(("a", "1", 9), ("b", "2", 1)), rows(("a", "2", 9), ("b", "1", 1)))
        assert split.order == "profile"

    def test_one_time_for_all_that_is_learned_ignores_time(self):
        flat, told = rows(("a", "1", 0), ("b", "2", 0)), rows(("a", "2", 1), ("b", "1", 2))
        assert given(flat, told).order == "none"

    def test_a_test_file_without_times_is_not_later(self):
        flat, told = rows(("a", "1", 0), ("b", "2", 0)), rows(("a", "2", 1), ("b", "1", 2))
        assert given(told, flat).order == "none"
