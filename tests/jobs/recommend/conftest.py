"""Small worlds to make pages of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from features.histories import Histories
from features.title_pairs import co_watches, transitions
from jobs.recommend.attributes import Audience, Catalogue
from jobs.recommend.compose import Composer
from jobs.recommend.funnel import Funnel
from jobs.recommend.policy import ExploredSlot, Policy

NIGHT = date(2026, 1, 31)
AT = 1_769_904_000.0  # midnight after it
DAY = 86_400.0


def explored(source, slot, weights=(0.25,) * 4):
    return (ExploredSlot(source, slot, weights, "a test"),)


@pytest.fixture
def at():
    return AT


@pytest.fixture
def history():
    """Histories of (profile, title, days ago)."""

    def of(*watches, titles=(), profiles=()):
        names, watched, days = zip(*watches, strict=True) if watches else ((), (), ())
        times = [AT - DAY * ago for ago in days]
        return Histories.of(names, watched, times, list(titles), list(profiles))

    return of


@pytest.fixture
def catalogue():
    """A catalogue of `title_ids` where the given columns are known."""

    def of(title_ids, **known):
        bare = Catalogue.bare(list(title_ids), known.get("region_names", []))
        return replace(bare, **{name: np.asarray(v) if name != "region_names" else v
                                for name, v in known.items() if name != "genre_names"},
                       genre_names=known.get("genre_names", []))  # fmt: skip

    return of


@pytest.fixture(scope="session")
def world():
    """`world(seed)` makes a night: a composer and a utility.

    Profiles 0 and 1 watched nothing and everything, the rest at random. Titles have genres,
    franchises, years, some a region and a maturity; profiles too.
    """

    def make(seed, profiles=6, titles=40, **policy):
        random = np.random.default_rng(seed)
        histories = made_histories(random, profiles, titles)
        audience = Audience(
            random.integers(-1, 2, profiles).astype(np.int32),
            np.where(random.random(profiles) < 0.5, np.nan, random.integers(6, 19, profiles)),
        )
        short = tuple(replace(shelf, slots=4) for shelf in Policy().shelves)
        rules = {"fewest_titles": 1, "shelves": short, "explored": explored("top_picks", 3)}
        funnel = Funnel.of(
            histories, AT, co_watches=co_watches(histories), transitions=transitions(histories),
            catalogue=made_catalogue(random, histories.title_ids), audience=audience,
            policy=Policy(**{**rules, **policy}),
        )  # fmt: skip
        affinities = random.dirichlet(np.ones(4), profiles).astype(np.float32)
        # few distinct utilities, so that ties are common
        values = random.integers(0, 5, (profiles, titles)).astype(np.float32)
        return Composer.of(funnel, affinities, 7, NIGHT), lambda p, t: values[p, t]

    return make


def made_histories(random, profiles, titles):
    ids = [f"t{n:02}" for n in range(titles)]
    names = [f"p{n:02}" for n in range(profiles)]
    watches = [(names[1], one) for one in ids]
    for name in names[2:]:
        watched = random.choice(ids, int(random.integers(1, titles - 1)), replace=False)
        watches += [(name, one) for one in watched]
    times = AT - DAY * random.integers(0, 60, len(watches))
    who, what = zip(*watches, strict=True)
    return Histories.of(who, what, times, ids, names)


def made_catalogue(random, ids):
    titles = len(ids)
    unknown = np.full(titles, np.nan)
    return Catalogue(
        ids, ids, random.random(titles) < 0.95, ["g0", "g1", "g2", "g3"],
        random.random((titles, 4)) < 0.4,
        np.where(random.random(titles) < 0.3, np.nan, random.integers(2020, 2027, titles)),
        unknown, unknown,
        np.where(random.random(titles) < 0.5, np.nan, random.integers(0, 19, titles)),
        ["DE", "NL"], random.random((titles, 2)) < 0.5,
        random.integers(-1, 5, titles).astype(np.int32), random.random(titles) < 0.9,
    )  # fmt: skip
