"""Decide from the lake's plays whether the shots of a title get a CRF each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from jobs.encode.ladder.demand import Decision, Work, decide
from jobs.encode.production import Production
from jobs.encode.taking_in import NotMade, amended, own_faults
from lakehouse.catalog import TITLE_FEATURES
from lakehouse.errors import MissingTable

if TYPE_CHECKING:
    from jobs.encode.order import Order
    from lakehouse.tables import Lake

UNPROBED = Decision(False, "All shots of a rung share one CRF, since nothing was probed.")


def decided(lake: Lake, order: Order) -> Order:
    """The order of a master that was taken in, with its shots' CRFs decided and the reason kept;
    refused where its shots cannot be found, or it was erased meanwhile.

    It is decided once: a later run goes on with what was begun, whatever is played meanwhile.
    """
    if order.refused or order.per_shot_why:
        return order
    plays = monthly_plays(lake, order.title_id, date.fromisoformat(order.night))
    try:
        with own_faults(lake.settings, order):
            work = _work(Production(lake.settings, order))
    except NotMade as error:
        return replace(order, refused=error.reasons[order.title_id])
    found = decide(order.per_shot, plays, work) if work else UNPROBED
    kept = replace(order, per_shot=found.per_shot, per_shot_why=found.why)
    return amended(lake.settings, order, kept)


def monthly_plays(lake: Lake, title_id: str, night: date) -> float | None:
    """Plays of a title in the thirty days before a night; None where the lake knows of none."""
    columns = ["title_id", "title_plays_30d"]
    try:
        told = lake.arrow(TITLE_FEATURES, night, columns=columns)
    except MissingTable:
        return None
    plays = dict(zip(*(told[column].to_pylist() for column in columns), strict=True))
    return plays.get(title_id)


def _work(production: Production) -> Work | None:
    """None where the budget allows no probe in any codec."""
    master, whole = production.master, 0.0
    plans = [production.plan(codec) for codec in production.order.codecs]
    if not any(plan.crfs for plan in plans):
        return None
    for plan in plans:
        if not plan.crfs:
            continue
        # all frames at all sizes and CRFs, less the sample, and once more at one CRF
        further = 1 / production.sample.share - 1 + 1 / production.sample.share / len(plan.crfs)
        whole += plan.cpu_seconds * further
    pixels = master.width * master.height * float(master.rate)
    return Work(master.seconds, pixels, len(production.shots), whole)
