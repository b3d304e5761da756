"""Train the ranker, judge the whole funnel on a later window, and let the gate decide what is live."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from features.watches import DAY, known_events, microseconds, midnight_after
from jobs.recommend.inputs import policy_of
from jobs.training.fit_models import fit_models
from jobs.training.head_quality import head_quality
from jobs.training.judging import funnel_values, judgement
from jobs.training.lists import examples_of, lists_of
from jobs.training.made_from import made_from
from jobs.training.moments import judged_days, training_moments
from jobs.training.record import Outcome, record
from jobs.training.rival import Rival, made_of, refitted
from jobs.training.slices import slices_of
from jobs.training.snapshot import Rules, Snapshot, World
from jobs.training.sources_added import sources_added
from jobs.training.verdicts import RANKER, live_before
from lakehouse.catalog import EVENTS, PROFILES, TITLES, TRAINING_EXAMPLES
from models.gate import decide, refused
from models.last_titles import LastTitles
from models.ranker.examples import Rows
from models.ranker.fit import NothingToRank, fit
from models.ranker.network import Recipe
from models.ranker.ranker import load

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

    from jobs.training.snapshot import FitModels
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
    fit_models: FitModels
    rules: Rules
    seed: int


def rows_of(night: Night, until: int, moments: Moments) -> Rows:
    """The lists of each moment, watched or not by `until`, and the examples since."""
    known, _ = night.world.split(until)
    lists = [lists_of(snapshot, known.split(at)[1], night.seed) for at, snapshot in moments]
    return Rows.joined([*lists, examples_of(night.examples, moments, until, night.seed)])


def window_of(night: Night, until: int, moments: Moments, days: int) -> Rows:
    """The lists of the last moment, watched or not in as many days as a night is judged by."""
    at, snapshot = moments[-1]
    known, _ = night.world.split(min(until, at + days * DAY))
    return lists_of(snapshot, known.split(at)[1], night.seed)


def snapshots(night: Night, until: int) -> Moments:
    """The moments before `until` from which the ranker learns."""
    known, _ = night.world.split(until)
    return [
        (at, Snapshot.of(known.split(at)[0], at, night.fit_models, night.rules))
        for at in training_moments(known.watches.moments)
    ]


def judge_and_refit(night: Night, days: int, recipe: Recipe, live: Ranker | None) -> Outcome:
    """Judge the recipe on the last days, then fit it up to the end of the night.

    Raises NothingToRank.
    """
    cut = night.end - days * DAY
    moments = snapshots(night, cut)
    if not moments:
        raise NothingToRank(0)
    rows, names = rows_of(night, cut, moments), moments[0][1].knowledge.scores.names
    window = window_of(night, cut, moments, days)
    ranker = fit(rows, names, recipe, night.seed, window)
    known, later = night.world.split(cut)
    at_cut = Snapshot.of(known, cut, night.fit_models, night.rules)
    found, made = judgement(at_cut, later, ranker), made_of(recipe, names)
    if live is not None and live.facts.get("made_of") == made:
        rival = Rival(found.values["funnel"])
    else:
        rival = _refitted(live, rows, window, (at_cut, later), night.seed)
    members = slices_of(at_cut.histories, night.world.profiles)
    ours, popularity = found.values["funnel"], found.values["popularity"]
    verdict = decide(ours, popularity, rival.values, members, night.seed)
    quality = head_quality(ranker, at_cut, later, night.seed)
    final = _final(night, [*moments, (cut, at_cut)], days, recipe)
    return Outcome(
        rival.told(verdict), days, found, quality,
        replace(final, facts=final.facts | {"made_of": made}), sources_added(at_cut, later),
    )  # fmt: skip


def _final(night: Night, moments: Moments, days: int, recipe: Recipe) -> Ranker:
    """The recipe fitted up to the end of the night, with the tower over last titles of then."""
    rows = rows_of(night, night.end, moments)
    window = window_of(night, night.end, moments, days)
    ranker = fit(rows, moments[0][1].knowledge.scores.names, recipe, night.seed, window)
    h = night.world.watches.histories
    return ranker.with_last_titles(h.title_ids, LastTitles.fit(h, night.seed))


def _refitted(
    live: Ranker | None, rows: Rows, window: Rows, judged: tuple[Snapshot, World], seed: int
) -> Rival:
    """What the live model gives when it is fitted on the same rows; nothing where none is live."""
    if live is None:
        return Rival(None)
    ranker, lost = refitted(live, rows, window, seed)
    return Rival(funnel_values(*judged, ranker), lost)


def main(lake: Lake, night: date, recipe: Recipe | None = None) -> None:
    """Train, judge and record; a refusal is an outcome of the night, not a failure of it."""
    settings, end = lake.settings, microseconds(midnight_after(night))
    tables = lake.arrow(PROFILES, night), lake.arrow(TITLES, night)
    given = Night(
        World.of(known_events(lake, night), *tables), lake.arrow(TRAINING_EXAMPLES, night),
        end, fit_models(settings.seed),
        Rules(policy_of(settings), settings.page_lifetime_hours), settings.seed,
    )  # fmt: skip
    before = live_before(settings, night)
    days, warm = judged_days(given.world, end)
    if days is None:
        reason = f"Only {max(warm.values()):,} profiles came back in the last {max(warm)} days"
        verdict, outcome = refused([f"{reason}, too few to judge a model by."]), None
    else:
        try:
            live = load(settings.at("models", RANKER, before[RANKER])) if RANKER in before else None
            outcome = judge_and_refit(given, days, recipe or Recipe(), live)
            verdict = outcome.verdict
        except NothingToRank as error:
            verdict, outcome = refused([str(error)]), None
    for reason in verdict.reasons:
        log.info("%s", reason)
    read = (EVENTS, TITLES, PROFILES, TRAINING_EXAMPLES)
    record(settings, night, verdict, outcome, before, made_from(lake, read))
