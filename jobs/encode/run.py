"""Make titles in this process, all cores at work, with a bar that says how long it will take."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from jobs.encode import rows
from jobs.encode.assembly import Assembly, key_ring
from jobs.encode.ladder.plan import estimated_cost
from jobs.encode.order import ordered, place, require_files
from jobs.encode.production import ENCODER_COST, Production
from jobs.encode.record import record
from jobs.encode.releasing import released
from jobs.encode.show import tell_titles
from jobs.encode.taking_in import set_aside, taken_in
from lakehouse.catalog import MASTERS, PLAYABLE_TITLES, PROBES, RENDITIONS, SHOTS
from lakehouse.errors import MarqueeError
from lakehouse.locks import alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Console
    from rich.progress import TaskID

    from jobs.encode.order import Order
    from lakehouse.tables import Lake

    Work = list[tuple[str, float, Callable[[], object]]]
    """What is done, what it is expected to cost in CPU-seconds, and how."""

TAKING_IN = 1.0
"""Of a master, beside its probes; nothing of it can be known before."""


class NotMade(MarqueeError):
    """A title was set aside."""

    def __init__(self, title_id: str, reason: str) -> None:
        super().__init__(f"Title {title_id} was set aside, and its order is kept. {reason}")


class NothingToRotate(MarqueeError):
    """The keys of a title cannot be rotated as it stands."""

    def __init__(self, title_id: str, why: str, remedy: str) -> None:
        super().__init__(f"The keys of title {title_id} stay, because {why}: {remedy}.")


def make(lake: Lake, orders: Sequence[Order], airflow: bool, console: Console) -> None:
    """Place the orders and make the titles, through Airflow or here.

    Raises BadOrder, NotMade and what the steps raise.
    """
    for order in orders:
        require_files(order)
    for order in orders:
        place(lake.settings, order)
    night = date.fromisoformat(orders[0].night)
    if airflow:
        from jobs.encode.on_airflow import run_titles

        run_titles(lake, night, console)
        return
    for order in orders:
        with alone(lake.settings.at("locks", f"encode.{order.title_id}")):
            make_one(lake, order, console)
    tell_titles(lake.settings, console, [order.title_id for order in orders])


def make_one(lake: Lake, order: Order, console: Console) -> None:
    """Every step of one title; what was made before is found again. Raises NotMade."""
    night = date.fromisoformat(order.night)
    with _bar(console) as progress:
        bar = progress.add_task(f"{order.title_id}: looks at the master", total=None)
        kept = taken_in(lake.settings, order)
        production = Production(lake.settings, kept)
        rows.write(lake, MASTERS, night, [rows.master(kept, None if kept.refused else production)])
        if kept.refused:
            raise NotMade(kept.title_id, kept.refused)
        rows.write(lake, SHOTS, night, rows.shots(production))
        _spent(progress, bar, production)
        rows.write(lake, PROBES, night, rows.probes(production))
        assembly = Assembly(production)
        rows.write(lake, RENDITIONS, night, rows.renditions(assembly))
        progress.update(bar, description=f"{order.title_id}: packages, proves and publishes")
        try:
            release = released(lake.settings, assembly)
        except MarqueeError as error:
            set_aside(lake.settings, kept, error)
            raise
        record(lake.settings, assembly, release)
        rows.write(lake, PLAYABLE_TITLES, night, [rows.playable(release.receipt)])


def rotate(lake: Lake, title_id: str, console: Console) -> None:
    """Package a title under fresh keys and swap; raises NotOrdered, NothingToRotate.

    The night of the new version is that of the order: the title is the same, only its keys are not.
    """
    from jobs.encode.receipt import read_receipt

    before = read_receipt(lake.settings, title_id)
    order = replace(ordered(lake.settings, title_id), refused="")
    if before["key_version"] is None:
        raise NothingToRotate(
            title_id,
            "it is not protected",
            "encode it with --protect cbcs; no picture is made anew",
        )
    if order.master_sha256 != before["master"]["sha256"]:
        raise NothingToRotate(
            title_id, "a newer master was ordered than the one that plays", "encode that one first"
        )
    keys = key_ring(lake.settings).rotate(title_id, after=before["key_version"])
    assembly = Assembly(Production(lake.settings, order))
    release = released(lake.settings, assembly, keys)
    record(lake.settings, assembly, release)
    night = date.fromisoformat(order.night)
    rows.write(lake, PLAYABLE_TITLES, night, [rows.playable(release.receipt)])
    console.print(
        f"{title_id} plays as version {release.receipt['version']} under keys version "
        f"{keys.version}; who watches version {before['version']} watches on.",
        highlight=False,
    )


def _spent(progress: Progress, bar: TaskID, production: Production) -> None:
    """Probe and encode, the dearest first, and move the bar by what each was expected to cost."""
    title = production.order.title_id
    probing = list(_probing(production))
    encoding_guess = sum(
        _encoding_cost(production, codec, size)
        for codec in production.order.codecs
        for size in production.plan(codec).sizes
    )
    total = sum(cost for _, cost, _ in probing) + encoding_guess
    progress.update(bar, total=total, description=f"{title}: probes")
    _all_cores(progress, bar, probing)
    encoding: Work = [
        (rung.name, _encoding_cost(production, rung.codec, (rung.width, rung.height)),
         partial(production.rendition, rung.name))
        for rung in production.ladder
    ]  # fmt: skip
    total = sum(cost for _, cost, _ in [*probing, *encoding])
    progress.update(bar, total=total, description=f"{title}: encodes and scores")
    _all_cores(progress, bar, encoding)


def _probing(production: Production) -> Iterator[tuple[str, float, Callable[[], object]]]:
    for key in production.probe_keys():
        plan = production.plan(key.partition("/")[0])
        share = plan.cpu_seconds / len(plan.sizes) / len(production.runs)
        yield key, share, partial(production.probe, key)


def _encoding_cost(production: Production, codec: str, size: tuple[int, int]) -> float:
    """CPU-seconds of encoding a rung and scoring every frame, where a probe scores every third."""
    master = production.master
    own = (master.width, master.height)
    whole = estimated_cost(own, master.frames, ENCODER_COST[codec])(size, 0)
    scoring = estimated_cost(own, master.frames, 0.0)(size, 0)
    return whole + 2 * scoring


def _all_cores(progress: Progress, bar: TaskID, work: Work) -> None:
    """Each tool takes one core, so as many run as there are cores."""
    dearest_first = sorted(work, key=lambda one: -one[1])
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        running = {pool.submit(do): cost for _, cost, do in dearest_first}
        try:
            for done in as_completed(running):
                done.result()
                progress.advance(bar, running[done])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), console=console,
    )  # fmt: skip
