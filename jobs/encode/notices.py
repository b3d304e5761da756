"""Tell what of a title came out other than it was asked for, so that a person looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.encode import gate
from jobs.encode.ladder.allocation import LARGEST_FALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.encode.assembly import Assembly
    from jobs.encode.production import Production


def notices(assembly: Assembly) -> list[str]:
    """What fell short of the order in what ships, a sentence each; none where nothing did."""
    production = assembly.production
    order, cost = production.order, budget(production)
    plans = [production.plan(codec) for codec in order.codecs]
    said = [plan.said for plan in plans if not plan.sizes]
    if cost["cpu_seconds"] and cost["spent"] > cost["cpu_seconds"]:
        said.append(budget_said(cost))
    said += _held_back(assembly)
    said += _below_floor(assembly)
    return [*said, *gate.short_of(assembly.shipped, order.target_vmaf)]


def budget(production: Production) -> dict[str, Any]:
    """CPU-seconds that probing was allowed (none: no limit), was expected to take and took.

    The plan is made by what was expected, which holds on a busy machine, so that what was spent is
    seldom more; a master that decodes slowly can make it so.
    """
    expected = sum(production.plan(codec).cpu_seconds for codec in production.order.codecs)
    spent = sum(one.cpu_seconds for probed in production.probed.values() for one in probed)
    allowed = production.order.budget_cpu_seconds or None
    return {"cpu_seconds": allowed, "expected": expected, "spent": spent}


def budget_said(cost: dict[str, Any]) -> str:
    """A budget in a sentence."""
    return (
        f"Probing took {cost['spent']:,.0f} CPU-s of the {cost['cpu_seconds']:,.0f} that it may; "
        f"{cost['expected']:,.0f} were expected."
    )


def _held_back(assembly: Assembly) -> Iterator[str]:
    for name, reasons in assembly.reasons.items():
        if reasons:
            yield f"{name} does not ship: {'; '.join(reasons)}."


def _below_floor(assembly: Assembly) -> Iterator[str]:
    """Where a CRF a shot could not keep all shots near the mean."""
    for codec, sizes in assembly.production.by_shot.items():
        if not sizes:
            yield (
                f"At no size and CRF of {codec} do all shots score within {LARGEST_FALL:g} of the "
                "mean, so its shots share one CRF."
            )
    for one in assembly.shipped:
        if one.at_best:
            yield (
                f"{one.rung.name}: shots {', '.join(map(str, one.at_best))} score more than "
                f"{LARGEST_FALL:g} below its mean with the best CRF that they can have."
            )
