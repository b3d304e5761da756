"""A night with too little history ends with a verdict, too: refused, with the reason, and nothing live moves."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from features import buckets
from jobs.features.build_examples import examples_of
from jobs.report.build_report import facts_of
from jobs.report.headline import headline
from jobs.training import train_ranker
from jobs.training.verdicts import RANKER, keep, live_for
from lakehouse.catalog import EVENTS, PROFILES, TITLES, TRAINING_EXAMPLES
from models.gate import FEWEST_WARM

if TYPE_CHECKING:
    from lakehouse.tables import Lake
    from tests.conftest import Rows

NIGHT = date(2026, 1, 10)
END = datetime(2026, 1, 11, tzinfo=UTC)


def service(lake: Lake, rows: Rows, came_back: int) -> None:
    """So many profiles that watched one title five days before the window, and one in it."""
    events = [
        {"event_id": f"{profile}-{title}", "type": "complete", "profile_id": f"p{profile}",
         "title_id": title, "event_time": END - timedelta(days=days, minutes=profile),
         "known_time": END - timedelta(days=days, minutes=profile)}
        for profile in range(came_back) for title, days in (("a", 12), ("b", 3))
    ]  # fmt: skip
    lake.write(EVENTS, rows(EVENTS, *events), NIGHT)
    lake.write(TITLES, rows(TITLES, {"title_id": "a"}, {"title_id": "b"}), NIGHT)
    lake.write(PROFILES, rows(PROFILES, {"profile_id": "p0"}), NIGHT)
    lake.write(TRAINING_EXAMPLES, examples_of(lake, NIGHT, buckets.run_here), NIGHT)


def verdict(lake: Lake) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(lake.settings.at("gate", f"{NIGHT}.json").read_text())
    return told


@pytest.mark.parametrize("came_back", [0, 1, FEWEST_WARM - 1])
def test_too_few_warm_profiles_judge_nothing(lake: Lake, rows: Rows, came_back: int) -> None:
    # none at all is a service of its first night: no event, no example
    service(lake, rows, came_back)
    train_ranker.main(lake, NIGHT)
    told = verdict(lake)
    assert not told["passed"]
    assert told["reasons"] == [
        f"Only {came_back} profiles came back in the last 56 days, too few to judge a model by."
    ]
    assert told["live"] == {}
    assert not lake.settings.at("mlflow").exists()  # nothing was trained, so nothing is recorded


def test_what_is_live_stays_so_through_a_night_that_judges_nothing(lake: Lake, rows: Rows) -> None:
    # a later night was judged already, so this is a rerun: what was live then is in the verdicts
    for night, live in ((NIGHT - timedelta(days=1), "old"), (NIGHT + timedelta(days=1), "new")):
        keep(lake.settings, night, {"passed": True, "live": {RANKER: live}})
    service(lake, rows, 2)
    train_ranker.main(lake, NIGHT)
    assert verdict(lake)["live"] == live_for(lake.settings, NIGHT) == {RANKER: "old"}


def test_the_report_says_it_first(lake: Lake, rows: Rows) -> None:
    service(lake, rows, 1)
    train_ranker.main(lake, NIGHT)
    said = headline(facts_of(lake, NIGHT))
    assert said.title == "The gate refused the new model."
    assert "every profile gets the popular page" in said.sentences[0]
    assert "too few to judge a model by" in said.sentences[1]


def test_a_window_without_a_learnable_outcome_trains_no_ranker(lake: Lake, rows: Rows) -> None:
    # fifty profiles came back, but before the window nobody had watched two titles: no list to learn
    service(lake, rows, FEWEST_WARM)
    train_ranker.main(lake, NIGHT)
    told = verdict(lake)
    assert not told["passed"]
    assert "No ranker was trained" in told["reasons"][0]
    assert "models" not in told
