"""Three nights of a made service: a bad model with nothing live, a good one, and a bad one again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from jobs.export import publish_pages
from jobs.recommend import build_pages
from jobs.recommend.policy import SOURCES
from jobs.report import build_report
from jobs.training import build_index, rival, train_ranker, train_two_tower
from jobs.training.verdicts import RANKER, live_for, pointed
from lakehouse.catalog import (
    EVENTS,
    PAGES,
    PROFILES,
    TITLE_VECTORS,
    TITLES,
    TRAINING_EXAMPLES,
    VERSIONS,
)
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from models.ranker.network import Recipe
from models.tracking import CANDIDATE, LIVE, Tracking
from serving_export.manifest import manifest_of
from serving_export.reader import Pages
from serving_export.stores.store import open_store
from tests.jobs.training.made_service import land_events, make_tables
from tests.world import LAST_NIGHT, World

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FIRST, SECOND, THIRD = (LAST_NIGHT - timedelta(days=back) for back in (2, 1, 0))
GOOD = Recipe()
BAD = Recipe(wide_decay=1e9, learning_rate=-GOOD.learning_rate)
"""Learns backwards: what people watch goes to the end of the list."""


@dataclass
class Story:
    """What each night left, in order of the nights."""

    lake: Lake
    aliases: list[dict[str, str]] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return self.lake.settings

    def verdict(self, night: Any) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.settings.at("gate", f"{night}.json").read_text())
        return told

    def pages(self, night: Any) -> pa.Table:
        return self.lake.arrow(PAGES, night).sort_by("profile_id")

    def personal(self, night: Any) -> int:
        return self.pages(night)["popular"].to_pylist().count(False)

    def manifest(self, night: Any) -> dict[str, Any]:
        (version,) = self.lake.arrow(VERSIONS, night)["version"].to_pylist()
        content: dict[str, Any] = manifest_of(
            open_store(self.settings.pages).source(version)
        ).content
        return content

    def run_folder(self) -> Path:
        """What the newest run of the ranker kept."""
        run = Tracking(self.settings).past_runs(RANKER)[0]
        return self.settings.at("mlflow", "artifacts", run.run_id, "artifacts")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The nights as the DAGs run them from training on; the two-tower is kept after the first."""
    lake = Lake(Settings(var=str(tmp_path_factory.mktemp("story"))))
    land_events(lake, World(profiles=70, titles=60, nights=24))
    told = Story(lake)
    for night, recipe in ((FIRST, BAD), (SECOND, GOOD), (THIRD, BAD)):
        make_tables(lake, night)
        train_two_tower.main(lake, night)
        train_ranker.main(lake, night, recipe)
        told.aliases.append(pointed(lake.settings))
        for job in (build_index, build_pages, publish_pages, build_report):
            job.main(lake, night)
    return told


def test_a_bad_model_with_nothing_live_is_refused_and_nothing_becomes_live(story):
    verdict = story.verdict(FIRST)
    assert not verdict["passed"]
    assert verdict["live"] == story.aliases[0] == {}
    assert verdict["differences"]["popularity"]["high"] < 0
    assert "its lower bound is not above" in verdict["reasons"][0]
    candidate = Tracking(story.settings).pointed(RANKER, CANDIDATE)
    assert candidate is not None  # it is kept to be looked at
    assert live_for(story.settings, FIRST) == {}


def test_with_nothing_live_the_night_ends_with_popular_pages(story):
    pages = story.pages(FIRST)
    assert story.personal(FIRST) == 0
    assert len(pages) > 70
    assert story.manifest(FIRST)["models"]["ranker"] is None
    # they are those of the region, marked as such, to whoever reads them
    (own,) = pages.filter(pages["profile_id"].to_numpy(zero_copy_only=False) == "p1").to_pylist()
    (region,) = pages.filter(pages["profile_id"].to_numpy(zero_copy_only=False) == "").to_pylist()[
        :1
    ]
    assert own["rows"][0]["title_ids"] == region["rows"][0]["title_ids"]


def test_the_report_says_first_what_a_refusal_means(story):
    html = story.settings.at("report", f"{FIRST}.html").read_text()
    first = html[html.index("<body") : html.index("<section")]
    assert "The gate refused the new model." in first
    assert "No model is live, so every profile gets the popular page of its region." in first
    assert "its lower bound is not above" in first
    assert "0 personal" in first
    html = story.settings.at("report", f"{THIRD}.html").read_text()
    stays = f"by the model that was live before, {story.verdict(SECOND)['models'][RANKER]}."
    assert stays in html[html.index("<body") : html.index("<section")]


def test_a_good_model_passes_and_becomes_live_with_its_two_tower(story):
    verdict = story.verdict(SECOND)
    assert verdict["passed"]
    assert verdict["live"] == verdict["models"] == story.aliases[1]
    assert set(verdict["models"]) == {"ranker", "two_tower"}
    # this log tells who saw a title to its end, so that head is trained beside the other two
    assert set(verdict["heads"]) == {"watched", "completed", "liked"}
    assert verdict["heads"]["completed"]["auc"] > 0.5
    assert verdict["absent_heads"] == {}
    assert verdict["differences"]["popularity"]["low"] > 0
    ours, theirs = (
        verdict["metrics"][name]["ndcg@10"]["mean"] for name in ("funnel", "popularity")
    )
    assert verdict["differences"]["popularity"]["mean"] == pytest.approx(ours - theirs, abs=2e-6)
    assert story.personal(SECOND) > 60
    assert story.manifest(SECOND)["models"]["ranker"] == verdict["models"]["ranker"]
    (vectors,) = set(story.lake.arrow(TITLE_VECTORS, SECOND)["model_hash"].to_pylist())
    assert vectors == verdict["models"]["two_tower"]


def test_a_bad_model_is_refused_and_the_old_one_stays_live(story):
    verdict, good = story.verdict(THIRD), story.verdict(SECOND)["models"]
    assert not verdict["passed"]
    assert verdict["models"][RANKER] != good[RANKER]
    assert verdict["live"] == story.aliases[2] == good
    # it is worse than popularity and worse than the live recipe, fitted again on the same rows
    assert {rival for rival, one in verdict["differences"].items() if one["high"] < 0} == {
        "popularity", "live",
    }  # fmt: skip
    assert any("the live model" in reason for reason in verdict["reasons"])


def test_the_pages_of_the_refused_night_come_from_the_old_model(story):
    good, bad = story.verdict(SECOND)["models"][RANKER], story.verdict(THIRD)["models"][RANKER]
    assert story.manifest(THIRD)["models"]["ranker"] == good
    pages = story.pages(THIRD)
    tracking = Tracking(story.settings)
    tracking.point(RANKER, LIVE, bad)
    build_pages.main(story.lake, THIRD)
    assert not story.pages(THIRD).equals(pages)  # so the model does show in pages
    tracking.point(RANKER, LIVE, good)
    build_pages.main(story.lake, THIRD)
    assert story.pages(THIRD).equals(pages)
    assert Pages.open(story.settings.pages).get("p1").page.version.startswith(f"{THIRD}")


def test_each_source_is_judged_and_told(story):
    told = {line["source"]: line for line in story.verdict(SECOND)["sources"]}
    assert set(told) == set(SOURCES)
    for line in told.values():
        assert line["adds"] == pytest.approx(line["recall"] - line["recall_without"], abs=2e-6)
        assert 0 < line["recall"] <= 1
    assert (
        "a source adds the share that would be missing"
        in story.settings.at("report", f"{SECOND}.html").read_text()
    )
    text = story.run_folder() / "sources.md"
    assert text.read_text().count("\n") == 2 + len(SOURCES)


def test_a_run_says_what_it_was_made_from_and_shows_how_it_went(story):
    given = Tracking(story.settings).past_runs(RANKER)[0].parameters
    for table in (EVENTS, TITLES, PROFILES, TRAINING_EXAMPLES):
        assert given[f"version of {table.name}"] == str(story.lake.version(table))
    assert (len(given["features"]), bool(given["commit"])) == (64, True)
    assert given["epochs"] == str(GOOD.epochs)
    for name in ("learning_curves.png", "reliability.png"):
        assert (story.run_folder() / name).read_bytes().startswith(b"\x89PNG")


KILLED = """
import os, signal, sys
from datetime import date
from jobs.training import train_ranker
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from models.tracking import LIVE, Tracking
point = Tracking.point
def dying(self, name, alias, model_hash):
    if alias == LIVE:
        os.kill(os.getpid(), signal.SIGKILL)
    point(self, name, alias, model_hash)
Tracking.point = dying
train_ranker.main(Lake(Settings(var=sys.argv[1])), date.fromisoformat(sys.argv[2]))
"""


def test_a_night_killed_before_its_model_became_live_is_repaired_by_running_again(story):
    # judged, saved, registered, and dead: a rerun must not meet itself as the live model
    before = pointed(story.settings)
    command = [sys.executable, "-c", KILLED, story.settings.var, str(THIRD)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    killed = story.verdict(THIRD)
    assert killed["passed"]
    assert pointed(story.settings) == before
    train_ranker.main(story.lake, THIRD, GOOD)
    assert story.verdict(THIRD) == killed
    assert pointed(story.settings) == killed["live"] == killed["models"]


def test_code_that_changes_nothing_costs_a_fit_and_no_refusal(story, monkeypatch):
    # another hash of the code: the live recipe is fitted again, and must come out the same
    fitted = []

    def remembered(*arguments: Any) -> Any:
        fitted.append(arguments)
        return rival.refitted(*arguments)

    monkeypatch.setattr(train_ranker, "refitted", remembered)
    monkeypatch.setattr(rival, "code_hash", lambda: "another")
    train_ranker.main(story.lake, THIRD, GOOD)
    verdict = story.verdict(THIRD)
    assert len(fitted) == 1
    assert verdict["passed"]
    live = verdict["differences"]["live"]
    assert (live["mean"], live["low"], live["high"]) == (0, 0, 0)


def test_an_old_night_run_again_is_judged_as_then_and_moves_no_alias(story):
    before = pointed(story.settings)
    train_ranker.main(story.lake, FIRST, GOOD)
    verdict = story.verdict(FIRST)
    assert verdict["passed"]
    assert "live" not in verdict["differences"]  # on that night nothing was
    assert pointed(story.settings) == before
    # its own pages, made again, are by the model that passed
    assert live_for(story.settings, FIRST) == verdict["models"] != before
    build_pages.main(story.lake, FIRST)
    assert story.personal(FIRST) > 60
