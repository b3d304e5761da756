"""A report tells what is there, says what is not, and needs nothing but itself."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from jobs.report import read_tables
from jobs.report.build_report import facts_of, main
from jobs.report.commands import newest, report
from jobs.report.facts import NightFacts
from jobs.report.render import render
from lakehouse.catalog import (
    EVENT_COUNTS,
    EVENTS,
    FILTER_COUNTS,
    PAGES,
    PLAYABLE_TITLES,
    PROFILES,
    SOURCE_COUNTS,
    TITLES,
    TRAINING_EXAMPLES,
    VERSIONS,
)
from lakehouse.errors import MissingTable
from lakehouse.tables import Lake
from tests.conftest import NIGHT

if TYPE_CHECKING:
    from tests.conftest import Rows

AT = datetime(2026, 1, 10, 12, tzinfo=UTC)
BEFORE = NIGHT - timedelta(days=1)
SHELF = {
    "name": "Top picks", "source": "top_picks", "title_ids": ["t1", "t2"], "source_bits": [1, 5],
    "propensities": [1.0, 0.25],
}  # fmt: skip


@pytest.fixture
def night(lake: Lake, rows: Rows) -> Lake:
    """A lake after a small night: p1 watched twice, p2 once, p3 never."""
    counts = {"landed": 4, "events": 3, "rejected": 1, "duplicates": 0}
    lake.write(EVENT_COUNTS, rows(EVENT_COUNTS, counts, night=BEFORE), BEFORE)
    lake.write(EVENT_COUNTS, rows(EVENT_COUNTS, counts | {"events": 4, "rejected": 0}), NIGHT)
    watch = {"type": "complete", "title_id": "t1", "event_time": AT, "known_time": AT}
    likes = watch | {"event_id": "e4", "profile_id": "p2", "type": "like"}  # no watch
    watches = [
        watch | {"event_id": f"e{n}", "profile_id": p} for n, p in enumerate(("p1", "p1", "p2"))
    ]
    lake.write(EVENTS, rows(EVENTS, likes, *watches), NIGHT)
    titles = [
        {"title_id": "t1", "name": "<b>Fargo</b>", "year": 1996, "genres": ["Crime"]},
        {"title_id": "t2", "name": None},
    ]
    lake.write(TITLES, rows(TITLES, *titles), NIGHT)
    lake.write(PROFILES, rows(PROFILES, *({"profile_id": f"p{n}"} for n in (1, 2, 3))), NIGHT)
    pages = [
        {"profile_id": p, "region": "", "popular": p in ("", "p3"), "rows": [SHELF]}
        for p in ("", "p1", "p2", "p3")
    ]
    lake.write(PAGES, rows(PAGES, *pages), NIGHT)
    examples = [
        {"profile_id": "p1", "title_id": t, "at": AT, "origin": origin}
        for t, origin in (("t1", "watched"), ("t2", "sampled"), ("t3", "sampled"))
    ]
    lake.write(TRAINING_EXAMPLES, rows(TRAINING_EXAMPLES, *examples), NIGHT)
    counted = [{"filter": "removed", "candidates": 75, "removed": 0},
               {"filter": "watched", "candidates": 100, "removed": 25}]  # fmt: skip
    lake.write(FILTER_COUNTS, rows(FILTER_COUNTS, *counted), NIGHT)
    found = {"source": "two_tower", "candidates": 80, "only_here": 9, "slots": 4}
    lake.write(SOURCE_COUNTS, rows(SOURCE_COUNTS, found), NIGHT)
    version = {"version": "v1", "stamp": "a" * 32, "pages": 4, "page_bytes": 1234, "state": "live"}
    lake.write(VERSIONS, rows(VERSIONS, version), NIGHT)
    return lake


def keep(lake: Lake, folder: str, content: dict[str, Any]) -> None:
    """A file that another part of the night left."""
    path = lake.settings.at(folder, f"{NIGHT}.json")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content))


def test_counts_are_those_of_the_tables(night: Lake) -> None:
    stages = {
        stage.name: (stage.tonight, stage.whole) for stage in read_tables.stages(night, NIGHT)
    }
    assert stages == {
        "landed lines": (4, 8), "events": (4, 7), "rejected": (0, 1), "duplicates": (0, 0),
        "titles": (None, 2), "profiles": (None, 3), "training examples": (None, 3),
        "candidates": (None, 100), "pages": (None, 4),
    }  # fmt: skip
    notes = {stage.name: stage.note for stage in read_tables.stages(night, NIGHT)}
    assert notes["pages"] == "2 personal, 2 popular"
    assert notes["training examples"] == "1 watched, 2 sampled, 0 shown"
    assert notes["candidates"] == "25 of them removed by filters"


def test_filters_stand_in_the_order_in_which_they_are_asked(night: Lake) -> None:
    assert [one.name for one in read_tables.filters(night, NIGHT)] == ["watched", "removed"]


def test_titles_that_are_left_out_as_they_do_not_play_are_told(night: Lake, rows: Rows) -> None:
    assert facts_of(night, NIGHT).playing is None
    counted = [{"filter": name, "candidates": 9, "removed": 1} for name in ("watched", "playable")]
    night.write(FILTER_COUNTS, rows(FILTER_COUNTS, *counted), NIGHT)
    playing = [{"title_id": "t1"}, {"title_id": "elsewhere"}]
    old = NIGHT - timedelta(days=3)
    night.write(PLAYABLE_TITLES, rows(PLAYABLE_TITLES, *playing, night=old), old)
    html = render(facts_of(night, NIGHT))
    assert "1 of 2 titles are on no page, as they did not play by the list of 2026-01-07" in html
    assert "That list was 3 nights old" in html
    playing.append({"title_id": "t2"})
    night.write(PLAYABLE_TITLES, rows(PLAYABLE_TITLES, *playing, night=BEFORE), BEFORE)
    told = facts_of(night, NIGHT).playing
    assert told is not None
    # films are made beside the night: the list of the night before is as it should be
    assert told.said == ("All 2 titles play by the list of 2026-01-09.",)


def test_three_profiles_are_shown_by_what_they_watched(night: Lake) -> None:
    """The busiest, the one in the middle and the quietest of three; a like is no watch."""
    pages = facts_of(night, NIGHT).pages
    assert [(page.profile_id, page.watches, page.popular) for page in pages ] == [
        ("p1", 2, False), ("p2", 1, False), ("p3", 0, True),
    ]  # fmt: skip
    first, second = pages[0].shelves[0].cards
    assert (first.name, first.year, first.sources) == ("<b>Fargo</b>", 1996, ("two_tower",))
    # without a name the id is shown; bits 1 and 4 are the first and third source
    assert (second.name, second.propensity) == ("t2", 0.25)
    assert second.sources == ("two_tower", "transitions")


def test_the_page_stands_alone(night: Lake) -> None:
    """Nothing is fetched, nothing runs, and no name can become markup."""
    main(night, NIGHT)
    html = night.settings.at("report", "index.html").read_text()
    assert "<script" not in html
    links = r"(?:src|href)=\"(?!#|data:|\.\./checks/|\.\./mlflow/#/|[\d-]+\.html)"
    assert not re.findall(links, html)
    assert not re.findall(r"url\(|@import", html)
    assert "&lt;b&gt;Fargo&lt;/b&gt;" in html
    assert "drawn, p = 0.25" in html


def test_what_is_not_there_is_said(lake: Lake) -> None:
    """An empty lake has a report, too: each section says what it lacks."""
    html = render(facts_of(lake, NIGHT))
    for said in (
        "No gate judged this night", "The night made no pages", "No source was counted",
        "Nothing was checked", "Nobody told what ran", "No version was published",
    ):  # fmt: skip
        assert said in html


def test_the_gate_and_what_ran_are_told(night: Lake) -> None:
    one = {"mean": 0.2, "low": 0.1, "high": 0.3, "profiles": 69}
    keep(night, "gate", {
        "passed": False, "reasons": ["It loses."], "window_days": 14,
        "metrics": {"funnel": {"ndcg@10": one}}, "differences": {"popularity": one},
        "slices": {"popularity": {"gender M": one}},
        "heads": {"liked": {"auc": 0.8, "pr_auc": 0.9, "ece": 0.01, "base_rate": 0.7, "rows": 5}},
        "absent_heads": {"completed": "one outcome"}, "models": {"ranker": "abc"},
        "sources": [{"source": "two_tower", "recall": 0.5, "recall_without": 0.4, "adds": 0.1}],
    })  # fmt: skip
    task = {"dag": "events_daily", "task": "land", "state": "success", "tries": 1, "seconds": 5.0,
            "started": "2026-01-11T03:00:00+00:00", "log": ""}  # fmt: skip
    later = task | {"task": "check", "started": "2026-01-11T03:00:10+00:00", "state": "failed"}
    waits = task | {"task": "never", "started": None}
    keep(night, "nights", {"night": str(NIGHT), "done": False, "tasks": [task, later, waits]})
    facts = facts_of(night, NIGHT)
    assert facts.ran is not None
    assert (facts.ran.seconds, len(facts.ran.tasks)) == (15.0, 2)
    assert facts.sources[0].adds == pytest.approx(0.1)
    html = render(facts)
    assert html.index("The gate refused the new model.") < html.index("<section")
    for said in (
        "gender M", "absent: one outcome", "not all of the night was done", "+0.100", "held 50.0 % of", "abc",
    ):  # fmt: skip
        assert said in html


@pytest.mark.parametrize(
    ("new", "told"),
    [(0.993, "search 0.999, of new titles 0.993."), (None, "0.999; no title is new.")],
)
def test_an_index_is_told_with_and_without_new_titles(
    night: Lake, new: float | None, told: str
) -> None:
    """ScaNN measures no recall of new titles on a night without any."""
    file = night.settings.at("index", f"{NIGHT}", "meta.json")
    file.parent.mkdir(parents=True)
    said = {"kind": "scann", "reason": "It is fast.", "recall": 0.999, "alias": "live"}
    file.write_text(json.dumps(said | {"recall_new_titles": new}))
    assert told in render(facts_of(night, NIGHT))


def test_the_index_is_the_newest_night_and_reruns_change_nothing(night: Lake) -> None:
    """A report of an old night that is built again does not take the front page."""
    main(night, NIGHT)
    folder = night.settings.at("report")
    front = (folder / "index.html").read_bytes()
    main(night, BEFORE)
    assert (folder / "index.html").read_bytes() == front
    main(night, NIGHT)
    assert (folder / "index.html").read_text().count(f'href="{BEFORE}.html"') == 1


def test_the_same_facts_give_the_same_bytes() -> None:
    assert render(NightFacts(NIGHT)) == render(NightFacts(NIGHT))


def test_it_leads_to_mlflow_wherever_that_is(night: Lake) -> None:
    keep(night, "gate", {
        "passed": True, "reasons": [], "differences": {}, "slices": {}, "models": {"ranker": "abc"},
    })  # fmt: skip
    for uri, at in ((night.settings.mlflow_uri, "../mlflow"), ("https://ml/x/", "https://ml/x")):
        html = render(facts_of(Lake(replace(night.settings, mlflow_uri=uri)), NIGHT))
        assert f'<a href="{at}/#/experiments">MLflow</a>' in html
        assert f'<a href="{at}/#/models/ranker">' in html


def test_the_newest_night_is_the_last_that_ran_published_or_not(lake: Lake, rows: Rows) -> None:
    """What `marquee report` shows after a night that failed must not be the one before it."""
    assert newest(lake) is None
    lake.write(VERSIONS, rows(VERSIONS, {"version": "v"}, night=BEFORE), BEFORE)
    assert newest(lake) == BEFORE
    counts = {"landed": 1, "events": 1, "rejected": 0, "duplicates": 0}
    lake.write(EVENT_COUNTS, rows(EVENT_COUNTS, counts), NIGHT)  # one that the UI ran, unwatched
    assert newest(lake) == NIGHT
    folder = lake.settings.at("nights")
    folder.mkdir()
    (folder / f"{NIGHT + timedelta(days=1)}.json").write_text("{}")  # one that failed to land
    assert newest(lake) == NIGHT + timedelta(days=1)


def test_a_report_of_no_night_is_refused(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARQUEE_VAR", lake.settings.var)
    with pytest.raises(MissingTable):
        report()
