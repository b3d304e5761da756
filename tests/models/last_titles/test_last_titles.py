"""Check that the tower learns what follows what, repeatably, and knows what it does not know."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from features.histories import Histories
from models.last_titles import LastTitles, Recipe, newest
from models.last_titles.tower import Tower
from models.last_titles.training import batches, train
from models.last_titles.windows import windows
from models.top_titles import top_titles

RING = [f"t{place:02}" for place in range(12)]
QUICK = Recipe(dimension=16, epochs=15, batch_windows=16, learning_rate=0.02, seed=1)
FIELDS = ("watched", "coming", "weights", "popularity")


def walks(turns):
    """Twelve profiles walk around a ring of twelve titles, each from a place of its own."""
    told = [
        (f"p{start:02}", RING[(start + place) % 12], float(place))
        for start in range(12)
        for place in range(turns)
    ]
    return Histories.of(*zip(*told, strict=True), title_ids=RING)


def best(model, histories):
    """The title that each profile is offered first, what it has just watched left out."""
    last = newest(histories)
    scores = model.scores(last)
    rows, places = np.nonzero(last >= 0)
    scores[rows, last[rows, places]] = -np.inf
    return top_titles(scores, 1)[:, 0].tolist()


@pytest.mark.parametrize("negatives", [0, 8])
def test_the_next_title_of_a_ring_stands_first(negatives):
    # both losses learn that twelve titles follow each other; the walk ends at start + 19
    taught = train(walks(20), replace(QUICK, negatives=negatives))
    assert best(taught, walks(20)) == [(start + 20) % 12 for start in range(12)]


def test_equal_seeds_give_equal_weights_and_others_do_not():
    first, second, other = (train(walks(3), replace(QUICK, seed=seed)) for seed in (1, 1, 2))
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(first, field), getattr(second, field))
    assert (first.watched != other.watched).any()


def test_vectors_that_rest_learn_the_same_ring_another_way():
    # large catalogues move only the rows of a step; a full Adam would move them all
    resting, moving = (
        train(walks(20), replace(QUICK, negatives=4, resting_rows=rests)) for rests in (True, False)
    )
    assert best(resting, walks(20)) == [(start + 20) % 12 for start in range(12)]
    assert (resting.watched != moving.watched).any()


def made():
    draws = np.random.default_rng(0)
    return LastTitles(
        *(draws.normal(size=size).astype(np.float32) for size in ((4, 2), (4, 2), 3, 4))
    )


def test_scores_are_the_logits_of_the_tower():
    model, last = made(), np.array([[0, 3, 1], [2, -1, -1]], np.int32)
    tower = Tower(windows(walks(3)), np.ones(4, np.int64), Recipe(dimension=2))
    tower.watched.assign(model.watched)
    tower.weights_by_age = tf.Variable(model.weights)
    expected = tf.matmul(tower.pointed(tf.constant(last)), model.coming, transpose_b=True)
    np.testing.assert_allclose(model.scores(last), expected + model.popularity, rtol=1e-5)


def test_absent_titles_change_no_score():
    model = made()
    short = model.scores(np.array([[2]], np.int32))
    np.testing.assert_array_equal(short, model.scores(np.array([[2, -1, -1]], np.int32)))


def test_without_last_titles_the_score_is_popularity():
    model = made()
    scores = model.scores(np.full((2, 3), -1, np.int32))
    np.testing.assert_array_equal(scores, [model.popularity, model.popularity])


def test_nobody_watched_anything():
    # a catalogue without a watch: no window, no step, every title as likely
    model = LastTitles.fit(Histories.of([], [], [], title_ids=["a", "b"], profile_ids=["p"]), 1)
    assert model.scores(np.array([[-1] * 5, [0, -1, -1, -1, -1]], np.int32)).shape == (2, 2)
    np.testing.assert_allclose(model.popularity, np.log([0.5, 0.5]), rtol=1e-6)


def test_no_catalogue_at_all():
    model = LastTitles.fit(Histories.of([], [], []), 1)
    assert model.scores(np.full((3, 5), -1, np.int32)).shape == (3, 0)


def test_fewer_windows_than_a_step_make_one_step():
    assert batches(3, replace(QUICK, batch_windows=16, epochs=2)).shape == (2, 3)


def test_the_work_of_an_epoch_is_bounded():
    # 100 windows, at most 40 an epoch: two steps of 16, other windows in the next epoch
    order = batches(100, replace(QUICK, most_windows=40, epochs=2))
    assert order.shape == (4, 16)
    assert len(np.unique(order[:2])) == 32
    assert set(order[:2].ravel()) != set(order[2:].ravel())


def test_sizes_choose_the_loss():
    # MovieLens fits whole; a catalogue of 20,000 titles is drawn from and its vectors rest
    small, large = Recipe.for_size(1_682, 100_000, 3), Recipe.for_size(20_000, 10**7, 3)
    assert (small.negatives, small.resting_rows, small.batch_windows) == (0, False, 128)
    assert (large.negatives, large.resting_rows, large.batch_windows) == (512, True, 512)
    assert small.seed == large.seed == 3
