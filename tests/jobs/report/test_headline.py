"""What matters most comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from expectations.results import Outcome, TableResult
from jobs.report.facts import Gate, NightFacts, Ran, Task, Version
from jobs.report.headline import headline
from tests.conftest import NIGHT

GATE = Gate(True, (), 14, {}, {}, {}, (), {})
REFUSED = replace(GATE, passed=False, reasons=("Against popularity it loses.",))
LIVE = Version(NIGHT, "v2", "0" * 32, 9, 99, "live")
BEFORE = replace(LIVE, night=date(2026, 1, 9), version="v1")
GOOD = NightFacts(NIGHT, gate=GATE, versions=(LIVE, BEFORE))


def checked(severity: str) -> TableResult:
    """A table one of whose expectations does not hold."""
    broken = Outcome("x(y)", "Every page has a row.", severity, False, 5, 1)
    return TableResult("gold.pages", str(NIGHT), "memory", 5, 1, 0.1, [broken])


def test_a_good_night_says_what_is_live() -> None:
    said = headline(GOOD)
    assert (said.mood, said.title) == ("good", "The night is live.")
    assert "Version v2 with 9 pages" in said.sentences[0]


def test_a_refusal_comes_first_although_pages_are_live() -> None:
    said = headline(replace(GOOD, gate=REFUSED))
    assert said.title == "The gate refused the new model."
    assert said.sentences[:2] == (
        "No model is live, so every profile gets the popular page of its region.",
        "Against popularity it loses.",
    )
    assert "Version v2" in said.sentences[-1]


def test_a_refusal_names_the_model_that_stays() -> None:
    said = headline(replace(GOOD, gate=replace(REFUSED, ranker="abc")))
    assert said.sentences[0] == "Pages are ranked by the model that was live before, abc."


def test_a_broken_check_comes_before_a_refusal() -> None:
    """It stopped the night: nothing was published, and the night before is what apps read."""
    facts = replace(GOOD, gate=REFUSED, checks=(checked("critical"),), versions=(BEFORE,))
    said = headline(facts)
    assert (said.mood, said.title) == ("bad", "A check stopped the night: gold.pages.")
    assert said.sentences == (
        "Every page has a row.", "The pages of 2026-01-09 stay live, version v1.",
    )  # fmt: skip


def test_a_failed_task_comes_before_a_refusal_unless_pages_went_out() -> None:
    """A task can fail for a night and succeed later; what became live is what counts then."""
    task = Task("features_daily", "build_features", "failed", 2, 0.0, 1.0)
    facts = replace(GOOD, gate=REFUSED, ran=Ran((task,), done=False), versions=(BEFORE,))
    said = headline(facts)
    assert said.mood == "bad"
    assert said.title == "A failed task stopped the night: features_daily.build_features."
    assert said.sentences == ("The pages of 2026-01-09 stay live, version v1.",)
    assert headline(replace(facts, gate=GATE, versions=(LIVE,))).title == "The night is live."


def test_a_warning_is_named_and_the_night_stays_good() -> None:
    said = headline(replace(GOOD, checks=(checked("warning"),)))
    assert (said.mood, said.sentences[-1]) == ("good", "Warnings: gold.pages.")


def test_a_night_without_a_version_is_not_live() -> None:
    assert headline(replace(GOOD, versions=(BEFORE,))).mood == "odd"
    assert "nothing to read" in headline(replace(GOOD, versions=())).sentences[-1]
