"""Make titles in this process, all cores at work, with a bar that says how long it will take."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import date
from typing import TYPE_CHECKING

from jobs.encode import rows
from jobs.encode.assembly import Assembly, require_keys
from jobs.encode.bar import bar
from jobs.encode.estimate import (
    encoding,
    encoding_unplanned,
    levelling,
    packaging,
    probing,
)
from jobs.encode.order import begun, lock_of, place, require_files
from jobs.encode.plays import decided
from jobs.encode.production import Production
from jobs.encode.releasing import made_playable
from jobs.encode.show import tell_titles
from jobs.encode.taking_in import SUPERSEDED, NotMade, own_faults, taken_in
from lakehouse.catalog import MASTERS, PROBES, RENDITIONS, SHOTS
from lakehouse.locks import alone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from jobs.encode.bar import Bar
    from jobs.encode.estimate import Step
    from jobs.encode.order import Order
    from lakehouse.tables import Lake


def make(lake: Lake, orders: Sequence[Order], airflow: bool, console: Console) -> None:
    """Place the orders and make the titles, through Airflow or here.

    A title that is set aside does not keep the others from being made. Raises BadOrder and what a
    wrong master key raises, then NotMade, and at once what the machine lacks.
    """
    for order in orders:
        require_files(order)
    require_keys(lake.settings, orders)
    for order in orders:
        place(lake.settings, order)
    titles = [order.title_id for order in orders]
    if airflow:
        from jobs.encode.on_airflow import run_titles

        run_titles(lake, date.fromisoformat(orders[0].night), titles, console)
        return
    reasons: dict[str, str] = {}
    for order in orders:
        with alone(lock_of(lake.settings, order.title_id)):
            stands = begun(lake.settings, order)  # those before it may have taken hours
            if stands is None:
                reasons[order.title_id] = SUPERSEDED
                continue
            try:
                make_one(lake, stands, console)
            except NotMade as error:
                reasons |= error.reasons
    tell_titles(lake.settings, console, titles)
    if reasons:
        raise NotMade(reasons)


def make_one(lake: Lake, order: Order, console: Console) -> None:
    """Every step of one title; what was made before is found again. Raises NotMade."""
    night = date.fromisoformat(order.night)
    with bar(console, order.title_id) as told:
        told.begins("looks at the master")
        kept = decided(lake, taken_in(lake.settings, order))
        production = Production(lake.settings, kept)
        rows.write(lake, MASTERS, night, [rows.master(kept, None if kept.refused else production)])
        if kept.refused:
            raise NotMade({kept.title_id: kept.refused})
        with own_faults(lake.settings, kept):
            _made(lake, night, production, told)


def _made(lake: Lake, night: date, production: Production, told: Bar) -> None:
    """Shots, probes, rungs and the package of a title, with their rows."""
    rows.write(lake, SHOTS, night, rows.shots(production))
    steps, heard, last = probing(production), levelling(production), packaging(production)
    unplanned = encoding_unplanned(production) if steps else 0.0
    told.begins("probes", *steps, alone=heard + last, unplanned=unplanned)
    _all_cores(production, steps, told)
    rows.write(lake, PROBES, night, rows.probes(production))
    steps = encoding(production)
    told.begins("encodes and scores", *steps, alone=heard + last)
    _all_cores(production, steps, told)
    told.begins("levels sound", alone=heard + last)
    assembly = Assembly(production)
    rows.write(lake, RENDITIONS, night, rows.renditions(assembly))
    told.finished(heard * told.cores if assembly.sounds else 0.0)  # asking levels it
    told.begins("packages and publishes", alone=last)
    made_playable(lake, night, assembly)
    told.finished(last * told.cores)


def _all_cores(production: Production, steps: list[Step], told: Bar) -> None:
    """Each tool takes one core, so as many run as there are cores, the dearest first."""
    unfinished = sorted(steps, key=lambda step: -step.cpu_seconds)
    with ThreadPoolExecutor(told.cores) as pool:
        running = {pool.submit(step.make, production): step for step in unfinished}
        try:
            told.runs(unfinished)
            for done in as_completed(running):
                done.result()
                unfinished.remove(running[done])
                told.finished(running[done].cpu_seconds)
                told.runs(unfinished)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
