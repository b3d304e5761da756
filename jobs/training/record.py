"""Write down what a training found: the verdict as JSON, the run and the registry in MLflow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.training.judging import KS, Judgement
from jobs.training.made_from import learning_curves
from jobs.training.sources_added import table, told
from jobs.training.two_tower_nights import TWO_TOWER, last_training
from jobs.training.verdicts import RANKER, Models, is_newest, keep, live_for
from models.metrics import interval
from models.tracking import LIVE, Tracking

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from matplotlib.figure import Figure

    from jobs.recommend.ablation import LeftOut
    from jobs.training.head_quality import HeadQuality
    from lakehouse.settings import Settings
    from models.gate import Verdict
    from models.metrics import Interval
    from models.ranker.ranker import Ranker


@dataclass(frozen=True)
class Outcome:
    """A judged recipe and the ranker that it gave when fitted up to the night."""

    verdict: Verdict
    days: int
    """The length of the judged window."""
    found: Judgement
    heads: dict[str, HeadQuality]
    ranker: Ranker
    sources: list[LeftOut]
    """What each source of candidates adds in the judged window."""


def verdict_json(verdict: Verdict, seed: int, outcome: Outcome | None) -> dict[str, Any]:
    """The verdict as the report and the manifest read it."""
    content: dict[str, Any] = {
        "passed": verdict.passed,
        "reasons": list(verdict.reasons),
        "differences": {rival: _bounds(one) for rival, one in verdict.differences.items()},
        "slices": {
            rival: {name: _bounds(one) for name, one in found.items()}
            for rival, found in verdict.slices.items()
        },
    }
    if outcome is None:
        return content
    return content | {
        "window_days": outcome.days,
        "metrics": metrics_of(outcome.found, seed),
        "heads": {
            name: {
                "auc": one.auc, "pr_auc": one.pr_auc, "ece": one.ece,
                "base_rate": one.base_rate, "rows": one.rows,
            }
            for name, one in outcome.heads.items()
        },
        "absent_heads": outcome.ranker.facts["absent_heads"],
        "sources": told(outcome.sources),
    }  # fmt: skip


def metrics_of(found: Judgement, seed: int) -> dict[str, dict[str, dict[str, float]]]:
    """Contender to metric to mean and interval."""
    return {
        name: {
            metric: _bounds(interval(values, seed)) for metric, values in lists.by_name(KS).items()
        }
        for name, lists in found.lists.items()
    }


def _bounds(found: Interval) -> dict[str, float]:
    return {
        "mean": round(found.mean, 6), "low": round(found.low, 6), "high": round(found.high, 6),
        "profiles": found.profiles,
    }  # fmt: skip


def record(
    settings: Settings,
    night: date,
    verdict: Verdict,
    outcome: Outcome | None,
    before: Models,
    given: Mapping[str, object],
) -> None:
    """Save and register the model, write the verdict, and move the aliases as the gate decided.

    `before` are the models that were live until then, `given` is what the training was made from.
    A rerun of an earlier night moves no alias.
    """
    content = {"night": night.isoformat(), **verdict_json(verdict, settings.seed, outcome)}
    if outcome is not None:
        content["models"] = _register(settings, night, outcome, content, given)
    newest = is_newest(settings, night)
    if verdict.passed:
        content["live"] = before | content["models"]
    else:
        content["live"] = live_for(settings, night) if newest else before
    # first the verdict: after a kill between both, a rerun is judged against the same model as before
    keep(settings, night, content)
    if newest and verdict.passed:
        for name, one in content["models"].items():
            Tracking(settings).point(name, LIVE, one)


def _register(
    settings: Settings,
    night: date,
    outcome: Outcome,
    content: dict[str, Any],
    given: Mapping[str, object],
) -> Models:
    """Log the run, register the ranker; with it goes the two-tower that the night trained last."""
    tracking = Tracking(settings)
    model_hash, folder = outcome.ranker.save(settings.at("models", RANKER))
    with tracking.run(RANKER, f"{RANKER} {night.isoformat()}") as run:
        run.parameters(outcome.ranker.facts["recipe"] | given)
        run.tags(
            {"night": night.isoformat(), "model_hash": model_hash, "passed": outcome.verdict.passed}
        )
        for name, figures in content["metrics"].items():
            run.metrics({f"{name}/{metric}": one["mean"] for metric, one in figures.items()})
        for head, one in content["heads"].items():
            run.metrics({f"{head}/{figure}": value for figure, value in one.items()})
        losses = outcome.ranker.facts["learning_curve"]
        run.curve("loss", losses)
        run.picture("learning_curves.png", learning_curves({"what the wide part leaves": losses}))
        run.text("verdict.json", json.dumps(content, indent=1, sort_keys=True))
        run.text("sources.md", table(content["sources"]))
        run.picture("reliability.png", reliability_picture(outcome.heads))
        run_id = run.run_id
    tracking.register(RANKER, folder, model_hash, run_id, {"night": night.isoformat()})
    training = last_training(settings, night)
    return {RANKER: model_hash} | ({TWO_TOWER: training.model_hash} if training else {})


def reliability_picture(heads: dict[str, HeadQuality]) -> Figure:
    """Predicted against observed shares, one line a head; on the diagonal a head is calibrated."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    for name, one in heads.items():
        label = f"{name} (ECE {one.ece:.3f})"
        axes.plot(one.reliability.predicted, one.reliability.happened, marker="o", label=label)
    axes.set(xlabel="predicted", ylabel="happened", title="Reliability on the judged window")
    if heads:
        axes.legend()
    return figure
