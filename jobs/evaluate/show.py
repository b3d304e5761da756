"""Show an evaluation in a terminal: what is being done, and what came of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rich.console import Console

    from jobs.evaluate.evaluate import Evaluation
    from jobs.evaluate.protocols import Split

METRICS = ("ndcg", "recall", "precision", "map")
FUNNEL = "funnel"
WORTH_A_LINE = 1.0  # seconds; shorter steps would only push others off the screen


class Stages:
    """A bar that says what is being done, and above it what took how long."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(20),
            TextColumn("{task.fields[step]}"), TimeElapsedColumn(),
            console=console, transient=True,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=None, step="")
        self._words, self._begun = "", 0.0

    def __enter__(self) -> Stages:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if kind is None:
            self._ended()
        self._bar.stop()

    def say(self, words: str, step: int = 0, total: int = 0) -> None:
        """A step begins, and the one before it has ended."""
        self._ended()
        self._words, self._begun = words, time.monotonic()
        told = f"{step}/{total}" if step else ""
        self._bar.update(
            self._task,
            description=words,
            completed=max(step - 1, 0),
            total=total or None,
            step=told,
        )

    def _ended(self) -> None:
        seconds = time.monotonic() - self._begun
        if self._words and seconds >= WORTH_A_LINE:
            self._console.print(f"  [dim]{seconds:6.0f} s  {self._words}[/dim]", highlight=False)


def show_split(console: Console, split: Split) -> None:
    """What is learned from and what is to be found."""
    import numpy as np  # not where the reader is installed alone

    train, test = split.train, split.test
    drawn = f", seed {split.seed}" if split.seed is not None else ""
    profiles, titles = (len(np.unique(codes)) for codes in (train.profiles, train.titles))
    console.print(
        f"[bold]{split.protocol}[/bold]{drawn}: {len(train):,} rows of {profiles:,} profiles and "
        f"{titles:,} titles to learn from, "
        f"{len(test):,} to be found for {len(split.judged):,} profiles with history.",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    if split.left_out:
        console.print(
            f"{split.left_out:,} rows without a profile, a title or a readable time are left out.",
            style="yellow", soft_wrap=True,
        )  # fmt: skip


def show(console: Console, found: Evaluation, ks: Sequence[int]) -> None:
    """Notes, a table for each length of lists, and what to make of it."""
    for note in found.notes:
        console.print(note, style="yellow", soft_wrap=True)
    for k in ks:
        console.print(_table(found, k))
    console.print(
        "Means over profiles, 95 % bootstrap intervals below; full ranking, watched titles removed.",
        style="dim", highlight=False, soft_wrap=True,
    )  # fmt: skip
    metric = f"ndcg@{10 if 10 in ks else ks[0]}"
    console.print(verdict(found, metric), highlight=False, soft_wrap=True)


def _table(found: Evaluation, k: int) -> Table:
    """One row a contender, the best of each column in bold."""
    table = Table(box=SIMPLE_HEAD, title=f"the first {k} titles", title_justify="left")
    table.add_column("model")
    for metric in METRICS:
        table.add_column(f"{metric}@{k}", justify="right", no_wrap=True)
    names = [f"{metric}@{k}" for metric in METRICS]
    best = {name: max(one[name].mean for one in found.intervals.values()) for name in names}
    for model, intervals in found.intervals.items():
        cells = []
        for name in names:
            one = intervals[name]
            mean = f"{one.mean:.4f}"
            mean = f"[bold green]{mean}[/]" if one.mean == best[name] else mean
            cells.append(f"{mean}\n[dim]{_short(one.low)} to {_short(one.high)}[/]")
        table.add_row(model, *cells)
    return table


def _short(share: float) -> str:
    return f"{share:.3f}".removeprefix("0")


def verdict(found: Evaluation, metric: str) -> str:
    """How the funnel stands to the best of the others, and whether chance could have done it."""
    means = {name: intervals[metric].mean for name, intervals in found.intervals.items()}
    rival = max((name for name in means if name != FUNNEL), key=means.__getitem__)
    if FUNNEL not in means:
        return f"Best by {metric}: {rival}, {means[rival]:.4f}."
    one = found.difference(FUNNEL, rival, metric)
    sure = one.low > 0 or one.high < 0
    return (
        f"By {metric} the funnel stands {abs(one.mean):.4f} {'above' if one.mean >= 0 else 'below'} "
        f"{rival}, the best of the others (difference {one.low:+.4f} to {one.high:+.4f}"
        f"{'' if sure else ', so it may be chance'})."
    )
