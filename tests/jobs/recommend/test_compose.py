"""Check whole pages: never empty, nothing twice, nothing forbidden, fair draws, blocks of any size."""

import math
from statistics import NormalDist

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.recommend.compose import telling_genres
from jobs.recommend.pages import ROW_SOURCES, Draws, assemble, explore
from jobs.recommend.policy import FILTERS, ExploredSlot, Policy
from jobs.recommend.rows import Tastes
from jobs.recommend.tables import Counts, Labels, pages_table

seeds = st.integers(0, 10_000)


def made(composer, utility, step):
    """The pages of all profiles as rows of the table, made in blocks of `step`."""
    histories, catalogue = composer.funnel.histories, composer.funnel.catalogue
    counts, parts = Counts(), []
    for start in range(0, len(histories.profile_ids), step):
        block = slice(start, min(start + step, len(histories.profile_ids)))
        pages = composer.personal(block, utility, counts)
        regions = composer.funnel.audience.regions[block]
        names = [catalogue.region_names[one] if one >= 0 else "" for one in regions]
        labels = Labels.of(catalogue)
        parts.append(pages_table(pages, histories.profile_ids[block], names, labels))
    return pa.concat_tables(parts), counts


@settings(max_examples=40)
@given(seed=seeds)
def test_pages_hold_what_they_may_and_hold_it_once(world, seed):
    composer, utility = world(seed)
    funnel = composer.funnel
    verdicts = funnel.filters.verdicts(funnel.histories, funnel.audience, slice(0, 6))
    table, _ = made(composer, utility, 6)
    for profile, page in enumerate(table.to_pylist()):
        titles = [one for row in page["rows"] for one in row["title_ids"]]
        assert titles, "a page is never empty"
        assert len(titles) == len(set(titles)), "a title stands once"
        assert all(row["title_ids"] for row in page["rows"]), "no row is empty"
        if not page["popular"]:
            codes = [int(one[1:]) for one in titles]
            assert (verdicts[profile, codes] == 0).all(), "nothing watched or filtered is shown"
        for row in page["rows"]:
            assert len(row["title_ids"]) == len(row["source_bits"]) == len(row["propensities"])
            assert all(0 < one <= 1 for one in row["propensities"])


@settings(max_examples=20)
@given(seed=seeds, step=st.integers(1, 5))
def test_the_size_of_blocks_changes_nothing(world, seed, step):
    composer, utility = world(seed)
    whole, counts = made(composer, utility, 6)
    parts, counts_of_parts = made(composer, utility, step)
    assert parts.equals(whole)
    assert counts_of_parts.filter_table(FILTERS).equals(counts.filter_table(FILTERS))
    assert counts_of_parts.source_table().equals(counts.source_table())


def test_those_of_whom_nothing_is_known_or_left_get_the_popular_page_of_their_region(world):
    composer, utility = world(5)
    table, _ = made(composer, utility, 6)
    pages = table.to_pylist()
    assert [page["popular"] for page in pages] == [True, True, False, False, False, False]
    catalogue = composer.funnel.catalogue
    popular = pages_table(
        composer.popular, [""] * 3, [*catalogue.region_names, ""], Labels.of(catalogue)
    ).to_pylist()
    by_region = {page["region"]: page["rows"] for page in popular}
    for page in pages[:2]:
        assert page["rows"] == by_region[page["region"]]


@settings(max_examples=20)
@given(seed=seeds)
def test_popular_pages_may_be_shown_to_anyone_of_their_region(world, seed):
    composer, _ = world(seed)
    catalogue, audience = composer.funnel.catalogue, composer.funnel.audience
    for region, titles in enumerate(composer.popular.titles):
        codes = titles[titles >= 0]
        assert len(codes)
        assert len(codes) == len(set(codes.tolist()))
        assert (catalogue.listed & catalogue.plays)[codes].all()
        strictest = np.nanmin(audience.maturity_limits, initial=np.inf)
        assert not (catalogue.maturity[codes] > strictest).any()
        licensed = catalogue.regions[codes]
        if region < len(catalogue.region_names):
            assert (licensed[:, region] | ~licensed.any(axis=1)).all()


def test_what_it_says_about_a_row_is_true(world):
    composer, utility = world(11, profiles=4)
    pages = composer.personal(slice(0, 4), utility, Counts())
    catalogue, because = composer.funnel.catalogue, composer.funnel.because_you_watched
    own = ~pages.popular
    about = (pages.because_of >= 0) & own[:, None]
    assert about.any()
    for profile, row in zip(*np.nonzero(about), strict=True):
        anchors = because.anchors(slice(0, 4))[profile]
        place = anchors.tolist().index(pages.because_of[profile, row])
        titles = pages.titles[profile, row]
        assert set(titles[titles >= 0]) <= set(because.neighbours(slice(0, 4))[profile, place])
    for profile, row in zip(*np.nonzero(pages.genres >= 0), strict=True):
        titles = pages.titles[profile, row]
        assert catalogue.genres[titles[titles >= 0], pages.genres[profile, row]].all()


def test_observed_frequencies_are_those_of_the_stored_propensities(world):
    """10,000 seeds: every (slot, title) pair inside the binomial interval of its propensity.

    The two-sided level of 1 % is divided by the number of pairs (Bonferroni).
    """
    weights = (0.4, 0.1, 0.2, 0.3)
    slots = (
        ExploredSlot("top_picks", 2, weights, "uneven chances would show a wrong share"),
        ExploredSlot("top_picks", 0, (0.5, 0.5), "two slots must not share their draws"),
    )
    composer, utility = world(2, profiles=8, titles=150, explored=slots)
    lengths = composer.funnel.histories.lengths
    lightest = 2 + int(np.argmin(lengths[2:]))  # enough titles left for both pools
    block, policy = slice(lightest, lightest + 1), composer.funnel.policy
    ranked, layout = composer.arrange(block, utility, Counts())
    plain = assemble(layout, ranked, Tastes.none(1), policy.shelves)
    seen, stored, rounds = {}, {}, 10_000
    for seed in range(rounds):
        pages = explore(plain, layout, ranked, policy, Draws(seed, composer.night, ["p02"]))
        titles = pages.titles[pages.titles >= 0]
        assert len(titles) == len(set(titles.tolist()))  # one slot's title is not in another's pool
        for row, slot in zip(*np.nonzero(pages.titles[0] >= 0), strict=True):
            pair = (int(row), int(slot), int(pages.titles[0, row, slot]))
            seen[pair] = seen.get(pair, 0) + 1
            stored.setdefault(pair, set()).add(float(pages.propensities[0, row, slot]))
    drawn = [pair for pair, chances in stored.items() if chances != {1.0}]
    assert len(drawn) == 4 + 2
    assert all(len(chances) == 1 for chances in stored.values())
    level = NormalDist().inv_cdf(1 - 0.01 / 2 / len(stored))
    for pair, count in seen.items():
        (chance,) = stored[pair]
        assert abs(count - rounds * chance) <= level * math.sqrt(rounds * chance * (1 - chance)) + 1


def test_an_explored_title_stands_nowhere_else_and_is_no_popular_page(world):
    top_picks = Policy().shelves[:1]  # a short page leaves titles to draw from
    composer, utility = world(5, titles=80, shelves=top_picks)
    pages = composer.personal(slice(0, 6), utility, Counts())
    explored = (pages.propensities > 0) & (pages.propensities < 1)
    ranked, layout = composer.arrange(slice(0, 6), utility, Counts())
    choice = layout.free(ranked).any(axis=1) & (layout.titles > 3) & ~pages.popular
    assert choice.any()
    assert (explored.sum(axis=(1, 2)) == choice).all()
    rows = np.nonzero(explored)[1]
    assert {int(one) for one in pages.sources[np.nonzero(explored)[0], rows]} == {
        ROW_SOURCES.index("top_picks")
    }


def test_a_night_without_a_ranker_gives_everyone_the_popular_page(world):
    composer, _ = world(5)
    pages = composer.unranked(slice(0, 6), Counts())
    assert pages.popular.all()
    assert (pages.titles[:, 0, 0] >= 0).all()


def test_the_genres_that_set_a_profile_apart_come_first():
    usual = np.array([0.6, 0.3, 0.1, 0.0], np.float32)
    # drama as usual, war three times as much as others; never the last genre
    telling = telling_genres(np.array([[0.6, 0.1, 0.3, 0.0]], np.float32), usual, 4)
    assert telling.tolist() == [[2, 0, 1, -1]]
