"""Check the job on a small lake: what it reads, what it writes, and that a failing night writes nothing."""

import time
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from jobs.recommend import build_pages
from jobs.recommend.compose import Composer
from jobs.recommend.filters import FilterRemovedTooMuch
from jobs.recommend.inputs import read_affinities, read_inputs
from jobs.recommend.tables import Counts
from lakehouse.catalog import (
    CO_WATCHES,
    EVENTS,
    FILTER_COUNTS,
    PAGES,
    PROFILE_FEATURES,
    PROFILES,
    SOURCE_COUNTS,
    TITLES,
    TRANSITIONS,
)

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
    from dataclasses import replace

    from jobs.recommend.inputs import policy_of

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
