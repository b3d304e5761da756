"""Train the ranker, judge the whole funnel on a later window, and let the gate decide what is live."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from features.watches import DAY, known_events, microseconds, midnight_after
from jobs.recommend.inputs import policy_of
from jobs.training.fit_two_tower import fit_two_tower
from jobs.training.head_quality import head_quality
from jobs.training.judging import Judgement, judgement
from jobs.training.lists import Fold, examples_of, fit_folds
from jobs.training.moments import judged_days, training_moments
from jobs.training.record import RANKER, Outcome, record
from jobs.training.slices import slices_of
from jobs.training.snapshot import Rules, Snapshot, World
from jobs.training.sources_added import sources_added
from lakehouse.catalog import PROFILES, TITLES, TRAINING_EXAMPLES
from models.gate import decide, refused
from models.ranker.fit import NothingToRank
from models.ranker.network import Recipe
from models.ranker.ranker import load
from models.tracking import LIVE, Tracking

if TYPE_CHECKING:
    from datetime import date

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from jobs.training.snapshot import FitTwoTower
    from lakehouse.tables import Lake
    from models.ranker.ranker import Ranker

    Moments = list[tuple[int, Snapshot]]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Night:
    """What one training reads."""

    world: World
    examples: pa.Table
    end: int
    """The end of the night, microseconds since 1970."""
    fit_two_tower: FitTwoTower | None
    rules: Rules
    seed: int


def train(night: Night, until: int, moments: Moments, recipe: Recipe) -> Ranker:
    """Fit on the lists of each moment, watched or not by `until`, and on the examples since.

    Raises NothingToRank.
    """
    known, _ = night.world.split(until)
    folds = [Fold(snapshot, known.split(at)[1]) for at, snapshot in moments]
    examples = examples_of(night.examples, moments, until, night.seed)
    return fit_folds(folds, examples, recipe, night.seed)


def snapshots(night: Night, until: int) -> Moments:
    """The moments before `until` from which the ranker learns."""
    known, _ = night.world.split(until)
    return [
        (at, Snapshot.of(known.split(at)[0], at, night.fit_two_tower, night.rules))
        for at in training_moments(known.watches.moments)
    ]


def judge_and_refit(night: Night, days: int, recipe: Recipe, live: Ranker | None) -> Outcome:
    """Judge the recipe on the last days, then fit it up to the end of the night."""
    cut = night.end - days * DAY
    moments = snapshots(night, cut)
    if not moments:
        raise NothingToRank(0)
    ranker = train(night, cut, moments, recipe)
    known, later = night.world.split(cut)
    at_cut = Snapshot.of(known, cut, night.fit_two_tower, night.rules)
    found = judgement(at_cut, later, ranker)
    rival = _live_values(night, cut, moments, (at_cut, later), recipe, live, found)
    members = slices_of(at_cut.histories, night.world.profiles)
    verdict = decide(found.values["funnel"], found.values["popularity"], rival, members, night.seed)
    quality = head_quality(ranker, at_cut, later, night.seed)
    final = train(night, night.end, [*moments, (cut, at_cut)], recipe)
    return Outcome(verdict, days, found, quality, final, sources_added(at_cut, later))


def _live_values(
    night: Night, cut: int, moments: Moments, judged: tuple[Snapshot, World],
    recipe: Recipe, live: Ranker | None, found: Judgement,
) -> NDArray[np.float64] | None:  # fmt: skip
    """[profiles] what the live recipe would have given on the same cut; None if nothing is live."""
    if live is None:
        return None
    theirs = Recipe(**live.facts["recipe"])
    if theirs == recipe:
        return found.values["funnel"]
    return judgement(*judged, train(night, cut, moments, theirs)).values["funnel"]


def main(lake: Lake, night: date, recipe: Recipe | None = None) -> None:
    """Train, judge and record; a refusal is an outcome of the night, not a failure of it."""
    settings, end = lake.settings, microseconds(midnight_after(night))
    tables = lake.arrow(PROFILES, night), lake.arrow(TITLES, night)
    given = Night(
        World.of(known_events(lake, night), *tables), lake.arrow(TRAINING_EXAMPLES, night),
        end, fit_two_tower(settings.seed),
        Rules(policy_of(settings), settings.page_lifetime_hours), settings.seed,
    )  # fmt: skip
    days, warm = judged_days(given.world, end)
    if days is None:
        reason = f"Only {max(warm.values()):,} profiles came back in the last {max(warm)} days"
        verdict, outcome = refused([f"{reason}, too few to judge a model by."]), None
    else:
        live = Tracking(settings).pointed(RANKER, LIVE)
        try:
            outcome = judge_and_refit(
                given, days, recipe or Recipe(), load(Path(live.folder)) if live else None
            )
            verdict = outcome.verdict
        except NothingToRank as error:
            verdict, outcome = refused([str(error)]), None
    for reason in verdict.reasons:
        log.info("%s", reason)
    record(settings, night, verdict, outcome)
