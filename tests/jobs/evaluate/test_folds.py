"""Check that what a ranker learns from is like its split, and never describes what it is to find."""

import numpy as np
import pytest

from jobs.evaluate.folds import RANDOM_FOLDS, parts_of
from jobs.evaluate.interactions import Interactions
from jobs.evaluate.protocol import Protocol
from jobs.evaluate.protocols import Split, given, split_rows
from tests.jobs.evaluate.made import made

SEED = 42


def pairs(world):
    return set(zip(world.events["profile_id"].to_pylist(), world.events["title_id"].to_pylist(), strict=True))  # fmt: skip


def words(rows):
    return {(rows.profile_ids[p], rows.title_ids[t]) for p, t in zip(rows.profiles, rows.titles, strict=True)}  # fmt: skip


@pytest.mark.parametrize("protocol", list(Protocol))
def test_nothing_to_be_found_is_known_and_nothing_of_the_test_part_is_seen(protocol):
    split = split_rows(made(), protocol, SEED)
    parts = parts_of(split, SEED)
    assert parts
    for part in parts:
        assert pairs(part.later)
        assert not pairs(part.known) & pairs(part.later)
        assert not (pairs(part.known) | pairs(part.later)) & words(split.test)


@pytest.mark.parametrize("protocol", list(Protocol))
def test_a_fold_knows_no_title_before_it_is_watched(protocol):
    # the funnel would propose what is in its catalogue because it is going to be watched
    rows = made()
    split = split_rows(rows, protocol, SEED)
    for part in parts_of(split, SEED):
        named = set(part.known.titles["title_id"].to_pylist())
        assert named == set(part.known.events["title_id"].to_pylist())
        assert part.known.title_ids == part.later.title_ids == rows.title_ids


def test_a_split_by_time_is_learned_from_moments():
    split = split_rows(made(), Protocol.TIME, SEED)
    for part in parts_of(split, SEED):
        assert part.known.moments.max() < part.at == part.later.moments.min()


def test_leave_last_out_is_learned_from_the_last_of_what_is_left():
    rows = Interactions.of(
        ["a", "a", "a", "b", "b", "b", "b"], list("uvwuvwx"), [1, 2, 3, 1, 2, 3, 4]
    )
    (part,) = parts_of(split_rows(rows, Protocol.LAST, SEED), SEED)
    # a's w and b's x are to be found in the end, so the fold finds a's v and b's w
    assert pairs(part.later) == {("a", "v"), ("b", "w")}
    assert pairs(part.known) == {("a", "u"), ("b", "u"), ("b", "v")}
    assert part.at == part.known.moments.max() + 1


def test_where_time_says_nothing_a_fifth_is_left_out_each_time():
    split = split_rows(made(), Protocol.RANDOM, SEED)
    parts = parts_of(split, SEED)
    found = [pairs(part.later) for part in parts]
    assert len(parts) == RANDOM_FOLDS
    assert not found[0] & found[1]
    for one in found:
        assert 0.14 < len(one) / len(split.train) < 0.26  # 648 draws with a chance of .2


def test_a_pair_watched_twice_is_left_out_as_a_whole():
    # in a given split pairs may repeat; one of two left in would tell the answer
    rows = made()
    twice = rows.take(np.concatenate([np.arange(len(rows)), np.arange(len(rows))[::-1]]))
    for part in parts_of(Split(twice, twice.take(np.arange(5)), "given", "none"), SEED):
        assert not pairs(part.known) & pairs(part.later)


@pytest.mark.parametrize("order", ["profile", "none"])
def test_a_part_with_nothing_to_find_or_nothing_to_know_is_left_out(order):
    # one row a profile: leaving the last out leaves nothing, and chance may as well
    split = Split(
        Interactions.of(["a"], ["x"], [1]), Interactions.of(["a"], ["x"], [2]), "given", order
    )
    assert parts_of(split, SEED) == []


def test_the_same_seed_leaves_out_the_same():
    split = split_rows(made(), Protocol.RANDOM, SEED)
    first, again, other = (parts_of(split, seed)[0] for seed in (1, 1, 2))
    assert pairs(first.later) == pairs(again.later) != pairs(other.later)


def test_two_files_in_order_are_learned_from_in_order():
    rows = made()
    split = split_rows(rows, Protocol.TIME, SEED)
    parts = parts_of(given(split.train, split.test), SEED)
    assert [part.at for part in parts] == [part.at for part in parts_of(split, SEED)]
