"""Each filter that kept a title off a page is named in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from jobs.recommend.policy import FILTERS
from jobs.recommend.why_not import SAYS, why_not
from lakehouse.catalog import (
    CO_WATCHES,
    EVENTS,
    PLAYABLE_TITLES,
    PROFILES,
    TITLES,
    TRANSITIONS,
)
from lakehouse.pins import pin
from lakehouse.tables import Lake
from serving_export.records import Page, Row

NIGHT = date(2026, 1, 10)
NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
SHELF = Row("Top picks", "top_picks", None, ("shown", "other"), (1, 1), (1.0, 1.0))


@pytest.fixture
def night(lake, rows):
    """One profile of twelve years in NL, and a title for each filter to remove."""
    known = {"regions": ["NL"], "maturity": 6}
    titles = [
        {"title_id": "shown"} | known, {"title_id": "other"} | known, {"title_id": "deep"} | known,
        {"title_id": "watched"} | known, {"title_id": "still"} | known,
        {"title_id": "region"} | known | {"regions": ["DE"]},
        {"title_id": "maturity"} | known | {"maturity": 18},
        {"title_id": "availability"} | known | {"available_until": NOON},
    ]  # fmt: skip
    watches = [
        {"event_id": t, "type": "play", "profile_id": "p", "title_id": t,
         "event_time": NOON, "known_time": NOON} for t in ("watched", "removed")
    ]  # fmt: skip
    likes = {**watches[0], "event_id": "l", "profile_id": "q", "title_id": "gone", "type": "play"}
    lake.write(TITLES, rows(TITLES, *titles), NIGHT)
    lake.write(EVENTS, rows(EVENTS, *watches, likes), NIGHT)
    profile = {"profile_id": "p", "region": "NL", "maturity_limit": 12}
    lake.write(PROFILES, rows(PROFILES, profile), NIGHT)
    for table in (CO_WATCHES, TRANSITIONS):
        lake.write(table, rows(table), NIGHT)
    return lake


def said(lake, title, popular=False):
    page = Page("v", "0" * 32, NIGHT, "NL", popular, (SHELF,))
    return why_not(lake, page, "" if popular else "p", title)


def test_every_filter_has_its_words():
    assert set(SAYS) == {"", *FILTERS}


@pytest.mark.parametrize(
    ("title", "why"),
    [("watched", "watched"), ("gone", "removed"), ("region", "region"), ("maturity", "maturity"),
     ("availability", "availability"), ("deep", "")],
)  # fmt: skip
def test_the_filter_that_removed_a_title_is_said(night, title, why):
    assert said(night, title) == f"Title {title} is not on the page of 2026-01-10: {SAYS[why]}."


def test_a_title_that_does_not_play_is_told_by_the_list_that_the_night_read(night, rows):
    playing = [{"title_id": title} for title in ("shown", "other", "still")]
    night.write(PLAYABLE_TITLES, rows(PLAYABLE_TITLES, *playing), NIGHT)
    pin(night, PLAYABLE_TITLES, NIGHT, 0)
    night.write(PLAYABLE_TITLES, rows(PLAYABLE_TITLES, {"title_id": "deep"}), NIGHT)
    strict = Lake(replace(night.settings, unplayable="remove"))
    for popular in (False, True):
        assert SAYS["playable"] in said(strict, "deep", popular)
        assert SAYS[""] in said(strict, "still", popular)


def test_a_title_that_is_there_is_found(night):
    assert said(night, "other") == "Title other is on the page, in slot 2 of Top picks."


def test_a_title_that_nobody_knew_is_said_to_be_unknown(night):
    assert "nothing was known of such a title" in said(night, "nonsense")
