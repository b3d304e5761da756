"""Train the two-tower once a week: on what came before a window, to be judged, and to the night."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from features.histories import Histories
from features.watches import midnight_after
from jobs.training.made_from import learning_curves, made_from
from jobs.training.two_tower_nights import TWO_TOWER, Training, due, last_training, remember, root
from jobs.training.two_tower_quality import only, quality, unseen
from lakehouse.catalog import PROFILES, TITLES, TRAINING_EXAMPLES
from models.gate import WINDOWS_DAYS, window_days
from models.tracking import Tracking
from models.two_tower import ProfileAttributes, Recipe, TitleAttributes, Towers
from models.two_tower.towers import Ranking

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

    from lakehouse.settings import Settings
    from lakehouse.tables import Lake
    from models.two_tower.training import Progress

log = logging.getLogger(__name__)
DAY_SECONDS = 86_400.0
COLUMNS = ["profile_id", "title_id", "at", "origin"]


@dataclass(frozen=True)
class World:
    """What a training reads: who watched what, and what is known of titles and profiles."""

    histories: Histories
    titles: TitleAttributes
    profiles: ProfileAttributes

    @classmethod
    def of(cls, examples: pa.Table, titles: pa.Table, profiles: pa.Table) -> World:
        """Take the watched examples; sampled and ignored ones say nothing to a softmax."""
        import pyarrow.compute as pc

        watched = examples.filter(pc.equal(examples["origin"], "watched"))
        at = watched["at"].cast("int64").to_numpy() / 1e6
        histories = Histories.of(
            watched["profile_id"].to_pylist(), watched["title_id"].to_pylist(), at,
            titles["title_id"].to_pylist(), profiles["profile_id"].to_pylist(),
        )  # fmt: skip
        return cls(histories, TitleAttributes.of(titles), ProfileAttributes.of(profiles))


@dataclass
class Fitted:
    """A model and how it was made."""

    towers: Towers
    progress: Progress
    found: dict[str, dict[str, float]] = field(default_factory=dict)
    """Contender to metric to mean, where it was judged"""


def split(histories: Histories, cut: float) -> tuple[Histories, Histories]:
    """What was watched before a moment, seconds since 1970, and what was first watched after."""
    early = histories.times < cut
    before, after = only(histories, early), only(histories, ~early)
    return before, unseen(after, before)


def judged_window(histories: Histories, end: float) -> int | None:
    """The shortest window, in days before `end`, with enough warm profiles; None if none has."""
    warm = {}
    for days in WINDOWS_DAYS:
        before, later = split(histories, end - days * DAY_SECONDS)
        warm[days] = int(((before.lengths > 0) & (later.lengths > 0)).sum())
    return window_days(warm)


def main(lake: Lake, night: date) -> None:
    """Train if the last training is a week old or this night's own; else record what was kept."""
    last = last_training(lake.settings, night)
    if last is not None and not due(last, night):
        log.info("kept: the two-tower of %s is younger than a week", last.night)
        remember(lake.settings, night, last, kept=True)
        return
    world = World.of(
        lake.arrow(TRAINING_EXAMPLES, night, COLUMNS), lake.arrow(TITLES, night),
        lake.arrow(PROFILES, night),
    )  # fmt: skip
    end = midnight_after(night).timestamp()
    days = judged_window(world.histories, end)
    judged = _judged(world, end - days * DAY_SECONDS, lake.settings) if days else None
    final = _fitted(world, world.histories, lake.settings)
    training = Training(
        night.isoformat(), final.towers.model_hash,
        judged.towers.model_hash if judged else None, days,
    )  # fmt: skip
    for one in (judged, final):
        if one:
            one.towers.save(root(lake.settings))
    _record(lake, night, training, judged, final)
    remember(lake.settings, night, training, kept=False)


def _judged(world: World, cut: float, settings: Settings) -> Fitted:
    """A model of what came before the cut, with what it finds of what came after."""
    before, later = split(world.histories, cut)
    fitted = _fitted(world, before, settings)
    ranking = Ranking(fitted.towers, before, world.titles, world.profiles)
    fitted.found = quality(ranking, before, later, settings.seed)
    return fitted


def _fitted(world: World, histories: Histories, settings: Settings) -> Fitted:
    from models.two_tower.training import Progress, train

    sizes = len(histories.title_ids), len(histories.profile_ids), len(histories.titles)
    recipe, progress = Recipe.for_size(*sizes, settings.seed), Progress()
    checkpoints = settings.at("models", TWO_TOWER, "checkpoints")
    towers = train(histories, recipe, world.titles, world.profiles, checkpoints, progress)
    return Fitted(towers, progress)


def _record(
    lake: Lake, night: date, training: Training, judged: Fitted | None, final: Fitted
) -> None:
    """Log the training to MLflow and register its model as candidate."""
    tracking, folder = Tracking(lake.settings), root(lake.settings) / training.model_hash
    given = made_from(lake, (TRAINING_EXAMPLES, TITLES, PROFILES))
    with tracking.run(TWO_TOWER, f"{TWO_TOWER} {night.isoformat()}") as run:
        run.parameters(asdict(final.towers.recipe) | given)
        run.tags(asdict(training))
        run.metrics({
            "examples_per_second": final.progress.pairs_per_second,
            "examples_per_cpu_second": final.progress.pairs_per_cpu_second,
            "training_cpu_seconds": final.progress.cpu_seconds,
            "peak_bytes": final.progress.peak_bytes,
        })  # fmt: skip
        for name, values in (judged.found if judged else {}).items():
            run.metrics({f"{name.replace(', ', '/')}/{m}": v for m, v in values.items()})
        for stage, losses in final.progress.losses.items():
            run.curve(f"loss of {stage}", losses)
        run.picture("learning_curves.png", learning_curves(final.progress.losses))
        run_id = run.run_id
    tags = {"night": night.isoformat(), "judged_hash": training.judged_hash}
    tracking.register(TWO_TOWER, folder, training.model_hash, run_id, tags)
