"""Say first what matters most: a refusal, a broken check, an unfinished night, or that all is well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from jobs.report.facts import Gate, NightFacts

Mood = Literal["good", "odd", "bad"]


@dataclass(frozen=True)
class Headline:
    """The first thing that a report says."""

    mood: Mood
    title: str
    sentences: tuple[str, ...]


def headline(facts: NightFacts) -> Headline:
    """The worst thing first: what stopped the night, then what was refused, then what warns."""
    failed = [result for result in facts.checks if result.verdict == "failed"]
    if failed:
        names = ", ".join(result.table for result in failed)
        said = [outcome.says for result in failed for outcome in result.failed]
        return Headline("bad", f"A check stopped the night: {names}.", (*said, serving(facts)))
    if not tonight(facts) and (names := failed_tasks(facts)):
        return Headline("bad", f"A failed task stopped the night: {names}.", (serving(facts),))
    if facts.gate is not None and not facts.gate.passed:
        told = after_refusal(facts.gate), *facts.gate.reasons, serving(facts)
        return Headline("odd", "The gate refused the new model.", told)
    if not tonight(facts):
        return Headline("odd", "The night has not published its pages.", (serving(facts),))
    said = [serving(facts), *(facts.playing.said if facts.playing else ())]
    warned = [result.table for result in facts.checks if result.verdict == "warned"]
    if warned:
        said.append(f"Warnings: {', '.join(warned)}.")
    return Headline("good", "The night is live.", tuple(said))


def failed_tasks(facts: NightFacts) -> str:
    """The tasks that failed and were not run again with success."""
    tasks = facts.ran.tasks if facts.ran else ()
    return ", ".join(f"{task.dag}.{task.name}" for task in tasks if task.state == "failed")


def after_refusal(gate: Gate) -> str:
    """What ranks the pages of a night whose own model was refused."""
    if gate.ranker is None:
        return "No model is live, so every profile gets the popular page of its region."
    return f"Pages are ranked by the model that was live before, {gate.ranker}."


def tonight(facts: NightFacts) -> bool:
    """Whether the night published a version."""
    return any(version.night == facts.night for version in facts.versions)


def serving(facts: NightFacts) -> str:
    """What apps are served after this night."""
    if tonight(facts):
        version = next(v for v in facts.versions if v.night == facts.night)
        personal = next((s.note for s in facts.stages if s.name == "pages"), "")
        told = f" ({personal})" if personal else ""
        return f"Version {version.version} with {version.pages:,} pages{told} was published."
    if facts.versions:
        before = facts.versions[0]
        return f"The pages of {before.night} stay live, version {before.version}."
    return "No version was ever published: readers have nothing to read."
