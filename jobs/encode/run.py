"""Make titles in this process, all cores at work, with a bar that says how long it will take."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from jobs.encode import rows
from jobs.encode.assembly import Assembly, key_ring
from jobs.encode.estimate import encoding, encoding_unplanned, ending, probing
from jobs.encode.masters import store_of
from jobs.encode.order import brought_back, place, require_files
from jobs.encode.pace import Left, Pace
from jobs.encode.plays import decided
from jobs.encode.production import Production
from jobs.encode.receipt import read_receipt
from jobs.encode.releasing import made_playable
from jobs.encode.show import tell_titles
from jobs.encode.taking_in import NotMade, own_faults, taken_in
from lakehouse.catalog import MASTERS, PROBES, RENDITIONS, SHOTS
from lakehouse.errors import MarqueeError
from lakehouse.locks import alone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.progress import TaskID

    from jobs.encode.estimate import Step
    from jobs.encode.order import Order
    from lakehouse.tables import Lake


class NothingToRotate(MarqueeError):
    """The keys of a title cannot be rotated as it stands."""

    def __init__(self, title_id: str) -> None:
        super().__init__(
            f"The keys of title {title_id} stay, because it is not protected: encode it with "
            "--protect cbcs; no picture is made anew."
        )


def make(lake: Lake, orders: Sequence[Order], airflow: bool, console: Console) -> None:
    """Place the orders and make the titles, through Airflow or here.

    A title that is set aside does not keep the others from being made. Raises BadOrder, then
    NotMade, and at once what the machine lacks.
    """
    for order in orders:
        require_files(order)
    for order in orders:
        place(lake.settings, order)
    titles = [order.title_id for order in orders]
    if airflow:
        from jobs.encode.on_airflow import run_titles

        run_titles(lake, date.fromisoformat(orders[0].night), titles, console)
        return
    reasons: dict[str, str] = {}
    for order in orders:
        with alone(lake.settings.at("locks", f"encode.{order.title_id}")):
            try:
                make_one(lake, order, console)
            except NotMade as error:
                reasons |= error.reasons
    tell_titles(lake.settings, console, titles)
    if reasons:
        raise NotMade(reasons)


def make_one(lake: Lake, order: Order, console: Console) -> None:
    """Every step of one title; what was made before is found again. Raises NotMade."""
    night = date.fromisoformat(order.night)
    with _progress(console) as progress:
        bar = _Bar(progress, order.title_id)
        bar.says("looks at the master")
        kept = decided(lake, taken_in(lake.settings, order))
        production = Production(lake.settings, kept)
        rows.write(lake, MASTERS, night, [rows.master(kept, None if kept.refused else production)])
        if kept.refused:
            raise NotMade({kept.title_id: kept.refused})
        with own_faults(lake.settings, kept):
            _made(lake, night, production, bar)


def rotate(lake: Lake, title_id: str, console: Console) -> None:
    """Package what plays under fresh keys and swap; raises NotOrdered, NothingToRotate.

    It is the order of the version that plays, out of its receipt, that is packaged again: a later
    order may ask for other renditions, or have been refused.
    """
    before = read_receipt(lake.settings, title_id)
    if before["key_version"] is None:
        raise NothingToRotate(title_id)
    order = brought_back(before["order"], store_of(lake.settings).folder)
    assembly = Assembly(Production(lake.settings, order))
    keys = key_ring(lake.settings).rotate(title_id, after=before["key_version"])
    receipt = made_playable(lake, datetime.now(UTC).date(), assembly, keys)
    console.print(
        f"{title_id} plays as version {receipt['version']} under keys version "
        f"{keys.version}; who watches version {before['version']} watches on.",
        highlight=False,
    )


@dataclass
class _Bar:
    """The line of a title, at the pace of its steps."""

    progress: Progress
    title_id: str

    def __post_init__(self) -> None:
        self.cores = len(os.sched_getaffinity(0))
        self.pace = Pace(self.cores)
        self.task: TaskID = self.progress.add_task("", total=None, pace=self.pace)

    def says(self, what: str) -> None:
        self.progress.update(self.task, description=f"{self.title_id}: {what}")

    def expects(self, *steps: Step, alone: float, unplanned: float = 0.0) -> None:
        """What is left: steps for all cores, and CPU-seconds that only one of them can work off."""
        self.pace.expect(sum(step.cpu_seconds for step in steps) + unplanned + alone * self.cores)
        self._show()

    def runs(self, unfinished: Sequence[Step]) -> None:
        """The first of these run now, one on each core."""
        self.pace.begun = sum(step.cpu_seconds for step in unfinished[: self.cores])

    def finished(self, cpu_seconds: float) -> None:
        self.pace.finished(cpu_seconds)
        self._show()

    def _show(self) -> None:
        self.progress.update(self.task, total=1.0, completed=self.pace.share)


def _made(lake: Lake, night: date, production: Production, bar: _Bar) -> None:
    """Shots, probes, rungs and the package of a title, with their rows."""
    rows.write(lake, SHOTS, night, rows.shots(production))
    bar.says("probes")
    steps, end = probing(production), ending(production)
    bar.expects(*steps, alone=end, unplanned=encoding_unplanned(production) if steps else 0.0)
    _all_cores(production, steps, bar)
    rows.write(lake, PROBES, night, rows.probes(production))
    bar.says("encodes and scores")
    steps = encoding(production)
    bar.expects(*steps, alone=end)
    _all_cores(production, steps, bar)
    bar.says("levels sound, packages, proves and publishes")
    assembly = Assembly(production)
    rows.write(lake, RENDITIONS, night, rows.renditions(assembly))
    made_playable(lake, night, assembly)
    bar.finished(end * bar.cores)


def _all_cores(production: Production, steps: list[Step], bar: _Bar) -> None:
    """Each tool takes one core, so as many run as there are cores, the dearest first."""
    unfinished = sorted(steps, key=lambda step: -step.cpu_seconds)
    with ThreadPoolExecutor(bar.cores) as pool:
        running = {pool.submit(step.make, production): step for step in unfinished}
        try:
            bar.runs(unfinished)
            for done in as_completed(running):
                done.result()
                unfinished.remove(running[done])
                bar.finished(running[done].cpu_seconds)
                bar.runs(unfinished)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(), Left(), console=console,
    )  # fmt: skip
