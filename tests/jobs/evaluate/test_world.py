"""Check what events are made of interactions."""

import numpy as np
import pytest

from jobs.evaluate.interactions import Interactions
from jobs.evaluate.world import world_of


def kinds(ratings):
    """What the events say of titles t0, t1, … with these ratings, beside the complete of each."""
    titles = [f"t{n}" for n in range(len(ratings))]
    rows = Interactions.of(
        ["p"] * len(ratings), titles, np.arange(len(ratings)), np.array(ratings, float)
    )
    events = world_of(rows).events.to_pylist()
    assert [e["title_id"] for e in events if e["type"] == "complete"] == titles
    return {e["title_id"]: e["type"] for e in events if e["type"] != "complete"}


def test_stars_are_opinions_as_the_importer_of_movielens_reads_them():
    assert kinds([1, 2, 3, 4, 5]) == {"t0": "dislike", "t1": "dislike", "t3": "like", "t4": "like"}


@pytest.mark.parametrize(
    ("ratings", "opinions"),
    [
        ([0, 50, 100], {"t0": "dislike", "t2": "like"}),  # any scale: by its ends
        ([1, np.nan, 5], {"t0": "dislike", "t2": "like"}),  # who gave none has said nothing
        ([1, 1, 1], {}),  # a column of ones says that it was watched, not how it was liked
        ([np.nan, np.nan], {}),
    ],
)
def test_opinions_of_other_scales(ratings, opinions):
    assert kinds(ratings) == opinions


def test_without_ratings_nobody_has_an_opinion():
    world = world_of(Interactions.of(["p", "q"], ["a", "b"], [1, 2]))
    assert world.events["type"].to_pylist() == ["complete", "complete"]


def test_a_part_keeps_the_codes_and_the_scale_of_all():
    # the part holds one rating: on a scale of its own they would be no opinion at all
    rows = Interactions.of(["a", "b"], ["x", "y"], [1, 2], np.array([1.0, 5.0]))
    world = world_of(rows.take(np.array([False, True])))
    assert world.events.num_rows == 2
    assert world.profile_ids == ["a", "b"]
    assert world.title_ids == ["x", "y"]
    # nobody has watched x in this part, so nothing may propose it
    assert world.titles["title_id"].to_pylist() == ["y"]
    assert world.watches.histories.watches(1).tolist() == [1]


def test_times_are_kept_to_the_microsecond():
    world = world_of(Interactions.of(["p"], ["a"], [881_250_949.25]))
    assert world.moments.tolist() == [881_250_949_250_000]
