"""Check what each source proposes on histories small enough to count by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from features.title_pairs import co_watches, transitions
from jobs.recommend import sources
from jobs.recommend.attributes import Audience, Catalogue
from jobs.recommend.policy import Policy
from jobs.recommend.sources.because_you_watched import best_of_rows, without_repeats

ONE = slice(0, 1)


def named(histories, codes):
    return ["".join(histories.title_ids[c] for c in row if c >= 0) for row in codes]


def test_two_tower_translates_places_in_the_index(history):
    histories = history(titles="abc", profiles=["p"])

    class Exact:
        vectors = np.array([[1.0, 0.0], [0.6, 0.8]], np.float32)  # of c and a: b has no vector

        def search(self, vectors, k):
            scores = vectors @ self.vectors.T
            order = np.argsort(-scores, axis=1)[:, :k].astype(np.int32)
            return order, np.take_along_axis(scores, order, axis=1)

    places = np.array([2, 0], np.int32)
    source = sources.TwoTower(np.array([[0.0, 1.0]], np.float32), Exact(), places, reach=10)
    assert named(histories, source.candidates(ONE, 5)) == ["ac"]
    assert named(histories, source.candidates(ONE, 1)) == ["a"]


def test_co_watch_proposes_what_the_same_profiles_watch(history):
    # b shares three watchers with a, c shares two; d was watched by p alone
    histories = history(
        ("p", "d", 1), *((who, "a", 5) for who in "pxyz"), *((who, "b", 4) for who in "xyz"),
        ("x", "c", 3), ("y", "c", 3),
    )  # fmt: skip
    source = sources.CoWatch(co_watches(histories), histories)
    assert named(histories, source.candidates(ONE, 4)) == ["bc"]


def test_transitions_propose_what_follows_the_last_watches(history):
    # twice b follows a, once c; nothing was ever seen to follow d
    histories = history(
        ("p", "a", 1), ("q", "a", 9), ("q", "b", 8), ("r", "a", 9), ("r", "b", 8),
        ("s", "a", 9), ("s", "c", 8), ("t", "d", 1),
    )  # fmt: skip
    source = sources.Transitions(transitions(histories), histories)
    assert named(histories, source.candidates(slice(0, 5), 3))[0] == "bc"
    assert named(histories, source.candidates(slice(4, 5), 3)) == [""]


def test_content_finds_titles_that_nobody_watched(history, catalogue):
    histories = history(("p", "a", 1), titles="abcd", profiles=["q"])
    titles = catalogue(
        "abcd", genre_names=["War", "Sea"], years=[1999.0, 1994.0, 1999.0, np.nan],
        genres=[[True, False], [True, False], [False, True], [False, False]],
    )  # fmt: skip
    source = sources.Content(histories, titles, Policy())
    # b shares genre and decade with a, c the decade; of d and of q nothing is known
    assert named(histories, source.candidates(slice(0, 2), 4)) == ["abc", ""]


def test_content_orders_equal_titles_by_plays(history, catalogue):
    histories = history(("p", "a", 1), ("q", "c", 1), titles="abc")
    titles = catalogue("abc", genre_names=["War"], genres=[[True]] * 3)
    source = sources.Content(histories, titles, Policy())
    assert named(histories, source.candidates(ONE, 3)) == ["acb"]


def test_content_prefers_the_same_franchise(history, catalogue):
    histories = history(("p", "a", 1), ("q", "b", 1), ("r", "b", 1), titles="abc")
    titles = catalogue("abc", genre_names=["War"], genres=[[True]] * 3, franchises=[3, -1, 3])
    assert named(histories, sources.Content(histories, titles, Policy()).candidates(ONE, 3)) == [
        "acb"
    ]


def test_content_knows_nothing_of_a_bare_catalogue(history):
    histories = history(("p", "a", 1), titles="ab")
    source = sources.Content(histories, Catalogue.bare(["a", "b"]), Policy())
    assert named(histories, source.candidates(ONE, 2)) == [""]


def test_a_popular_title_of_long_ago_gives_way(history, at):
    # two half-lives: three old plays count 3/4, one of today counts 1
    histories = history(*((who, "a", 60) for who in "xyz"), ("x", "b", 0), titles="c")
    source = sources.Popular(histories, Audience.bare(3), 0, at, Policy())
    assert named(histories, source.candidates(ONE, 3)) == ["bac"]


def test_regions_have_charts_of_their_own(history, at):
    histories = history(("p", "a", 0), ("q", "b", 0), ("q", "c", 0), ("r", "c", 0), titles="d")
    audience = Audience(np.array([0, 1, -1], np.int32), np.full(3, np.nan))
    rules = replace(Policy(), region_prior_plays=1.0)
    source = sources.Popular(histories, audience, 2, at, rules)
    # r's region is unknown: everyone's chart, in which c leads
    assert [one[0] for one in named(histories, source.candidates(slice(0, 3), 4))] == [
        "a",
        "c",
        "c",
    ]
    rules = replace(Policy(), region_prior_plays=1000.0)  # with few plays a region follows everyone
    source = sources.Popular(histories, audience, 2, at, rules)
    assert [one[0] for one in named(histories, source.candidates(slice(0, 3), 4))] == ["c"] * 3


def test_trending_is_growth_and_not_size(history, at):
    weekly = [(f"x{day}{n}", "a", day) for day in (3, 10, 17, 24, 31) for n in range(9)]
    rising = [(f"y{n}", "b", 2) for n in range(5)] + [("z", "b", 10)]
    # d had eight plays in four weeks, two a week, and five in the last one
    rising += [(f"u{n}", "d", 2) for n in range(5)] + [(f"w{n}", "d", 10) for n in range(8)]
    falling = [(f"v{n}", "c", 20) for n in range(5)]
    histories = history(*weekly, *rising, *falling)
    source = sources.Trending(histories, at, Policy())
    assert named(histories, source.candidates(ONE, 4)) == ["bd"]


def test_new_is_the_newest_month_and_in_it_what_is_watched(history, catalogue, at):
    day = 86_400.0
    histories = history(("p", "b", 1), ("p", "d", 1), ("q", "d", 1), titles="abcde")
    released = [at - day * ago for ago in (5, 40, 5, 45, 400)]
    titles = catalogue("abcde", available_from=released)
    source = sources.New(histories, titles, at, Policy())
    # a and c came this month; d and b a month before, d with more plays; e is over a year old
    assert named(histories, source.candidates(ONE, 5)) == ["acdb"]


def test_without_dates_the_first_watch_tells_what_is_new(history, at):
    histories = history(("p", "a", 500), ("q", "a", 1), ("p", "b", 100), titles="c")
    source = sources.New(histories, Catalogue.bare(histories.title_ids), at, Policy())
    assert named(histories, source.candidates(ONE, 3)) == ["b"]  # of c nothing is known


def test_anchors_are_liked_then_recent_and_never_disliked(history):
    histories = history(
        ("p", "a", 9), ("p", "b", 5), ("p", "c", 3), ("p", "d", 1), ("q", "a", 2), ("q", "a", 1)
    )
    liked, disliked = np.array([0]), np.array([3])  # p and a, p and d
    heads = sources.anchors(histories, 3, liked, disliked)
    assert named(histories, heads) == ["acb", "a"]  # q watched a twice


def test_because_you_watched_takes_turns_and_skips_repeats(history):
    histories = history(("p", "a", 2), ("p", "b", 1), titles="abcde")
    scores = csr_matrix(
        np.array([[0, 0, 0.9, 0.5, 0.1], [0, 0, 0.8, 0, 0.9], [0] * 5, [0] * 5, [0] * 5])
    )
    source = sources.BecauseYouWatched(scores, sources.anchors(histories, 3), Policy())
    # b's neighbours are e, c; a's are c, d, e: in turns e, c, c, d, -, e
    assert named(histories, source.candidates(ONE, 9)) == ["ecd"]
    assert [named(histories, one) for one in source.neighbours(ONE)[:, :2]] == [["ec", "cde"]]


def test_best_of_rows_breaks_ties_by_code_and_drops_zeros():
    matrix = csr_matrix(np.array([[0.0, 2.0, 2.0, 3.0], [0.0, 0.0, 0.0, 1.0]]))
    matrix.data[-1] = 0.0  # stored, and still no pair
    assert best_of_rows(matrix, 2).tolist() == [[3, 1], [-1, -1]]


def test_without_repeats_keeps_first_places():
    assert without_repeats(np.array([[3, 1, 3, -1, 1, 2]])).tolist() == [[3, 1, 2, -1, -1, -1]]


@pytest.mark.parametrize("name", ["co_watch", "transitions", "content", "popular", "trending", "new", "because_you_watched"])  # fmt: skip
def test_an_answer_depends_neither_on_depth_nor_on_the_block(world, name):
    composer, _ = world(3, profiles=7)
    source = next(one for one in composer.funnel.sources if one.name == name)
    whole = source.candidates(slice(0, 7), 30)
    for profile in range(7):
        alone = source.candidates(slice(profile, profile + 1), 4)[0]
        assert alone.tolist() == whole[profile, : len(alone)].tolist()
        assert len(set(whole[profile][whole[profile] >= 0])) == (whole[profile] >= 0).sum()
