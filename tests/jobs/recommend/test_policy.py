"""Check that the policy is named by what it says, and that every number has its reason."""

import ast
import inspect
from dataclasses import fields, replace
from itertools import pairwise

import pytest

from jobs.recommend import policy
from jobs.recommend.policy import BadPolicy, Budget, ExploredSlot, Policy


def test_the_hash_follows_every_rule():
    hashes = {
        Policy().content_hash,
        replace(Policy(), longest_genre_run=2).content_hash,
        replace(Policy(), missing_attribute="remove").content_hash,
        replace(Policy(), explored=()).content_hash,
    }
    assert len(hashes) == 4


def test_the_hash_ignores_how_a_rule_is_explained():
    slot = Policy().explored[0]
    reworded = replace(Policy(), explored=(replace(slot, reason="other words"),))
    assert reworded.content_hash == Policy().content_hash


def test_bits_keep_their_meaning():
    # exported pages and old logs hold these bits; a reordering would give them another meaning
    assert policy.SOURCES == (
        "two_tower", "co_watch", "transitions", "content",
        "popular", "trending", "new", "because_you_watched",
    )  # fmt: skip
    with pytest.raises(BadPolicy, match="bit order"):
        Policy(budgets=tuple(reversed(Policy().budgets)))


def test_a_slot_that_is_not_there_cannot_be_explored():
    with pytest.raises(BadPolicy, match="slot 20"):
        Policy(explored=(ExploredSlot("top_picks", 20, (1.0,), "beyond the row"),))


def test_a_pool_without_a_chance_cannot_be_explored():
    # a title with probability 0 would be in the pool and never be seen
    with pytest.raises(BadPolicy, match="cannot be explored"):
        Policy(explored=(ExploredSlot("top_picks", 4, (1.0, 0.0), "no chance"),))


def test_every_number_has_a_reason():
    body = ast.parse(inspect.getsource(Policy)).body[0].body
    named = [one for one in body if isinstance(one, ast.AnnAssign)]
    explained = {
        one.target.id
        for one, after in pairwise(body)
        if isinstance(one, ast.AnnAssign) and isinstance(after, ast.Expr)
    }
    tuples = {f.name for f in fields(Policy) if isinstance(getattr(Policy(), f.name), tuple)}
    assert {one.target.id for one in named} == explained | tuples
    lines = [one for name in tuples for one in getattr(Policy(), name)]
    assert all(len(line.reason) > 10 for line in lines)
    assert any(isinstance(line, Budget) for line in lines)
