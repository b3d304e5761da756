"""Check the job on a small lake: what it reads, what it writes, and that a failing night writes nothing."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from jobs.recommend import build_pages
from jobs.recommend.compose import Composer
from jobs.recommend.filters import FilterRemovedTooMuch
from jobs.recommend.inputs import policy_of, read_affinities, read_inputs
from jobs.recommend.plays import NothingPlays
from jobs.recommend.tables import Counts
from lakehouse.catalog import (
    CO_WATCHES,
    EVENTS,
    FILTER_COUNTS,
    PAGES,
    PLAYABLE_TITLES,
    PROFILE_FEATURES,
    PROFILES,
    SOURCE_COUNTS,
    TITLES,
    TRANSITIONS,
)
from lakehouse.pins import as_pinned
from lakehouse.tables import Lake
from serving_export.content_hash import content_hash

NIGHT = date(2026, 1, 10)
NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)


@pytest.fixture
def small_lake(lake, rows):
    """Three profiles and twelve titles; p watched t00 and liked it, then t05; q watched t01 and disliked it."""

    def event(number, kind, profile, title, when=NOON):
        return {"event_id": str(number), "type": kind, "profile_id": profile, "title_id": title,
                "event_time": when, "known_time": when}  # fmt: skip

    titles = [{"title_id": f"t{n:02}", "name": f"Title {n}", "year": 2025, "genres": ["War"]}
              for n in range(12)]  # fmt: skip
    lake.write(TITLES, rows(TITLES, *titles), NIGHT)
    profiles = [{"profile_id": "p", "region": "NL"}, {"profile_id": "q"}, {"profile_id": "r"}]
    lake.write(PROFILES, rows(PROFILES, *profiles), NIGHT)
    events = [
        event(1, "complete", "p", "t00", NOON - timedelta(hours=1)), event(7, "play", "p", "t05"),
        event(2, "like", "p", "t00"),
        event(3, "play", "q", "t01"), event(4, "dislike", "q", "t01"),
        event(5, "play", "r", "t02", NOON + timedelta(days=1)),  # tomorrow: of the next night
        event(6, "like", "p", "t99"),  # never watched and not in the catalogue: of no use
    ]  # fmt: skip
    lake.write(EVENTS, rows(EVENTS, *events), NIGHT)
    pair = {"title_id": "t00", "other_title_id": "t03", "score": 0.5}
    lake.write(CO_WATCHES, rows(CO_WATCHES, pair), NIGHT)
    step = {"title_id": "t01", "next_title_id": "t04", "score": 2.0}
    lake.write(TRANSITIONS, rows(TRANSITIONS, step), NIGHT)
    taste = {"profile_id": "p", "genre_affinities": {"War": 1.0}}
    lake.write(PROFILE_FEATURES, rows(PROFILE_FEATURES, taste), NIGHT)
    return lake


def funnel_of(lake):
    return read_inputs(lake, NIGHT).funnel(None)


def test_the_funnel_reads_the_tables_of_its_night(small_lake):
    funnel = funnel_of(small_lake)
    assert funnel.histories.profile_ids == ["p", "q", "r"]
    assert funnel.histories.lengths.tolist() == [2, 1, 0]
    assert funnel.audience.regions.tolist() == [0, -1, -1]
    anchors = funnel.because_you_watched.anchors(slice(0, 3))
    assert anchors.tolist() == [[0, 5, -1], [-1, -1, -1], [-1, -1, -1]]
    by_name = {source.name: source for source in funnel.sources}
    assert by_name["co_watch"].candidates(slice(0, 1), 3).tolist() == [[3]]
    assert by_name["transitions"].candidates(slice(1, 2), 3).tolist() == [[4]]
    assert read_affinities(small_lake, NIGHT, funnel).tolist() == [[1], [0], [0]]


def test_what_an_unknown_attribute_means_is_a_setting(lake):
    strict = policy_of(replace(lake.settings, missing_attribute="remove"))
    assert strict.missing_attribute == "remove"
    assert strict.content_hash != policy_of(lake.settings).content_hash


def pages_of(lake):
    return lake.arrow(PAGES, NIGHT).sort_by([("profile_id", "ascending"), ("region", "ascending")])


def composer_of(lake):
    funnel = funnel_of(lake)
    return Composer.of(funnel, read_affinities(lake, NIGHT, funnel), 1, NIGHT)


def by_code(profiles, titles):
    """A utility that tells titles apart, in place of a trained ranker."""
    return (100.0 - titles).astype(np.float32)


def test_pages_of_everyone_and_every_region_are_written(small_lake):
    composer = composer_of(small_lake)
    tables = build_pages.page_tables(composer, by_code, Counts())
    build_pages.write_pages(small_lake, NIGHT, tables)
    pages = pages_of(small_lake).to_pylist()
    assert [(page["profile_id"], page["region"], page["popular"]) for page in pages] == [
        ("", "", True), ("", "NL", True), ("p", "NL", False), ("q", "", False), ("r", "", True),
    ]  # fmt: skip
    shown = [title for row in pages[2]["rows"] for title in row["title_ids"]]
    assert len(shown) == 10
    assert not {"t00", "t05"} & set(shown)


def test_a_rerun_writes_the_same_pages(small_lake):
    for _ in range(2):
        tables = build_pages.page_tables(composer_of(small_lake), by_code, Counts())
        build_pages.write_pages(small_lake, NIGHT, tables)
        pages = pages_of(small_lake)
        first = locals().get("first", pages)
        assert pages.equals(first)


def test_a_night_whose_filter_removes_too_much_keeps_the_pages_it_had(small_lake, rows):
    kept = {"profile_id": "kept", "region": "", "popular": True, "rows": []}
    small_lake.write(PAGES, rows(PAGES, kept), NIGHT)

    def failing():
        yield from build_pages.page_tables(composer_of(small_lake), by_code, Counts())
        raise FilterRemovedTooMuch("region", 97, 100, 0.9)

    with pytest.raises(FilterRemovedTooMuch, match="region removed 97%"):
        build_pages.write_pages(small_lake, NIGHT, failing())
    assert pages_of(small_lake)["profile_id"].to_pylist() == ["kept"]


def test_without_a_live_ranker_the_night_ends_with_popular_pages(small_lake, caplog):
    build_pages.main(small_lake, NIGHT)
    pages = pages_of(small_lake)
    assert pages["popular"].to_pylist() == [True] * 5
    assert "No ranker is live" in caplog.text
    assert small_lake.arrow(FILTER_COUNTS, NIGHT).num_rows == 5
    assert small_lake.arrow(SOURCE_COUNTS, NIGHT).num_rows == 8


def playing(lake, rows, *titles, night=NIGHT):
    lake.write(
        PLAYABLE_TITLES, rows(PLAYABLE_TITLES, *({"title_id": one} for one in titles)), night
    )


def only_playing(lake):
    return Lake(replace(lake.settings, unplayable="remove"))


def shown(lake):
    """Profile to the titles on its page."""
    return {
        page["profile_id"]: {one for row in page["rows"] for one in row["title_ids"]}
        for page in pages_of(lake).to_pylist()
    }


@pytest.fixture
def ranked(monkeypatch):
    """A ranker is live, so that profiles get pages of their own."""
    monkeypatch.setattr(build_pages, "live_ranker", lambda *_: by_code)


def made(lake):
    build_pages.main(lake, NIGHT)
    return {table.name: content(lake, table) for table in (PAGES, FILTER_COUNTS, SOURCE_COUNTS)}


def content(lake, table):
    """By the hash that a manifest has, which no order of rows changes."""
    return content_hash(lake.arrow(table, NIGHT), table.one_row_per)


def removed(lake):
    return {row["filter"]: row["removed"] for row in lake.arrow(FILTER_COUNTS, NIGHT).to_pylist()}


@pytest.mark.usefixtures("ranked")
def test_by_default_what_plays_changes_nothing(small_lake, rows):
    before = made(small_lake)
    playing(small_lake, rows, "t03")
    assert made(small_lake) == before
    assert "playable" not in removed(small_lake)


@pytest.mark.usefixtures("ranked")
def test_where_the_service_says_so_pages_hold_titles_that_play_alone(small_lake, rows):
    plays = {"t00", "t01", "t03", "t04", "t06", "t07", "t08", "t09"}
    playing(small_lake, rows, *plays, "elsewhere", night=NIGHT - timedelta(days=1))
    made(only_playing(small_lake))
    playing(small_lake, rows, "t03")  # from here on the night reads what its pages were made by
    assert len(as_pinned(small_lake, PLAYABLE_TITLES, NIGHT)) == 9
    pages = shown(small_lake)
    assert pages["p"] == plays - {"t00"}  # watched
    assert pages[""] <= plays
    assert pages["r"] <= plays
    assert removed(small_lake)["playable"] > 0


@pytest.mark.usefixtures("ranked")
def test_a_title_that_was_withdrawn_is_on_no_page_of_the_next_night(small_lake, rows):
    playing(small_lake, rows, "t03", "t04", night=NIGHT - timedelta(days=1))
    made(only_playing(small_lake))
    assert "t03" in shown(small_lake)[""]
    playing(small_lake, rows, "t04")
    playing(small_lake, rows, "t03", night=NIGHT + timedelta(days=1))  # plays again tomorrow
    made(only_playing(small_lake))
    assert shown(small_lake)[""] == {"t04"}


@pytest.mark.parametrize(
    ("listed", "why"),
    [(None, "has no night up to 2026-01-10"), ((), "no title of the catalogue"),
     (("elsewhere",), "no title of the catalogue")],
)  # fmt: skip
def test_a_night_of_which_nothing_plays_keeps_the_pages_it_had(small_lake, rows, listed, why):
    before = made(small_lake)
    if listed is not None:
        playing(small_lake, rows, *listed)
    with pytest.raises(NothingPlays, match=why):
        build_pages.main(only_playing(small_lake), NIGHT)
    assert content(small_lake, PAGES) == before[PAGES.name]


def test_blocks_come_back_in_order_whoever_is_first_ready():
    def slow_first(part):
        time.sleep(0.05 if part.start == 0 else 0)
        return part.start

    parts = [slice(start, start + 1) for start in range(9)]
    assert list(build_pages.in_order(slow_first, iter(parts))) == list(range(9))


def test_an_empty_lake_gives_a_popular_page_without_rows(lake, rows):
    # the contract tests run every job on empty tables; the check of PAGES stops such a night
    for table in (TITLES, PROFILES, EVENTS, CO_WATCHES, TRANSITIONS, PROFILE_FEATURES):
        lake.write(table, rows(table), NIGHT)
    build_pages.main(lake, NIGHT)
    assert isinstance(pages_of(lake), pa.Table)
