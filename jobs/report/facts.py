"""What a report tells, as plain values: read once, then rendered without touching anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from expectations.results import TableResult


@dataclass(frozen=True)
class Task:
    """One task of the night, as Airflow ran it."""

    dag: str
    name: str
    state: str
    tries: int
    began: float
    """Seconds since the first task began."""
    seconds: float


@dataclass(frozen=True)
class Ran:
    """What ran and how long."""

    tasks: tuple[Task, ...]
    done: bool

    @property
    def seconds(self) -> float:
        """From the first task's begin to the last one's end."""
        return max((task.began + task.seconds for task in self.tasks), default=0.0)

    @property
    def dags(self) -> dict[str, tuple[Task, ...]]:
        """DAG to its tasks, both in the order in which they began."""
        found: dict[str, tuple[Task, ...]] = {}
        for task in sorted(self.tasks, key=lambda task: (task.began, task.dag, task.name)):
            found[task.dag] = (*found.get(task.dag, ()), task)
        return found


@dataclass(frozen=True)
class Bounds:
    """A mean over profiles and its 95 % interval."""

    mean: float
    low: float
    high: float
    profiles: int


@dataclass(frozen=True)
class Head:
    """How well one head of the ranker tells and how honest its probabilities are."""

    name: str
    auc: float
    pr_auc: float
    ece: float
    base_rate: float
    rows: int


@dataclass(frozen=True)
class Gate:
    """The verdict on the night's models."""

    passed: bool
    reasons: tuple[str, ...]
    window_days: int | None
    metrics: dict[str, dict[str, Bounds]]
    """Contender to metric."""
    differences: dict[str, Bounds]
    """Rival to ours minus theirs."""
    slices: dict[str, dict[str, Bounds]]
    """Rival to slice to ours minus theirs."""
    heads: tuple[Head, ...]
    absent_heads: dict[str, str]
    """Head to the reason why it was not trained."""
    recall: float | None = None
    """The share of what was watched in the judged window that stood among all candidates."""
    ranker: str | None = None
    """The hash of the ranker that is live after the verdict; None where none is."""


@dataclass(frozen=True)
class Stage:
    """One count on the way from a log to a page."""

    name: str
    tonight: int | None
    """Of this night alone; None where only the whole has a number."""
    whole: int
    """Of all nights up to this one."""
    note: str = ""


@dataclass(frozen=True)
class Source:
    """What one source of candidates gave."""

    name: str
    candidates: int
    only_here: int
    slots: int
    adds: float | None = None
    """What recall would lose without it; None where that was not judged."""


@dataclass(frozen=True)
class Filter:
    """What one filter removed."""

    name: str
    candidates: int
    removed: int

    @property
    def share(self) -> float:
        """Of what it was shown."""
        return self.removed / self.candidates if self.candidates else 0.0


@dataclass(frozen=True)
class Playing:
    """What a night whose pages hold titles that play alone left out."""

    titles: int
    """In the catalogue."""
    left_out: int
    """Of them, since they do not play."""
    night: date
    """That of the list which says what plays."""
    nights_old: int

    @property
    def said(self) -> tuple[str, ...]:
        """The sentences of the report; a list of the night before is as it should be."""
        told = f"All {self.titles:,} titles play"
        if self.left_out:
            told = (
                f"{self.left_out:,} of {self.titles:,} titles are on no page, as they did not play"
            )
        by_list = f"{told} by the list of {self.night}."
        old = f"That list was {self.nights_old} nights old: look whether encode_titles_daily runs."
        return (by_list, old) if self.nights_old > 1 else (by_list,)


@dataclass(frozen=True)
class Card:
    """A title in a slot of a page."""

    title_id: str
    name: str
    year: int | None
    genres: tuple[str, ...]
    propensity: float
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Shelf:
    """A row of a page."""

    name: str
    source: str
    cards: tuple[Card, ...]
    more: int = 0
    """Titles of the row that are not shown here."""


@dataclass(frozen=True)
class SamplePage:
    """What one profile would see, beside what it watched."""

    profile_id: str
    who: str
    """How it was chosen, such as: half of all profiles watched less."""
    watches: int
    last_titles: tuple[str, ...]
    popular: bool
    shelves: tuple[Shelf, ...]


@dataclass(frozen=True)
class Version:
    """A published version of pages."""

    night: date
    version: str
    stamp: str
    pages: int
    page_bytes: int
    state: str


@dataclass(frozen=True)
class Index:
    """How the nearest titles are found."""

    kind: str
    reason: str
    recall: float
    recall_new_titles: float | None
    """None on a night without new titles."""
    alias: str


@dataclass(frozen=True)
class Picture:
    """A picture of a training, as MLflow keeps it."""

    caption: str
    data: str
    """A data address, so that the page stands alone."""


@dataclass(frozen=True)
class NightFacts:
    """Everything that the report of a night tells; what is not there is empty or None."""

    night: date
    ran: Ran | None = None
    gate: Gate | None = None
    checks: tuple[TableResult, ...] = ()
    stages: tuple[Stage, ...] = ()
    sources: tuple[Source, ...] = ()
    filters: tuple[Filter, ...] = ()
    playing: Playing | None = None
    """None where pages may show titles that do not play."""
    pages: tuple[SamplePage, ...] = ()
    versions: tuple[Version, ...] = ()
    index: Index | None = None
    models: dict[str, str] = field(default_factory=dict)
    """Model to the hash that the gate judged."""
    pictures: tuple[Picture, ...] = ()
    mlflow: str = "../mlflow"
    """The address of the MLflow server; of the one that `make ui` starts, as it serves reports."""
    other_nights: tuple[str, ...] = ()
    """Nights that have a report, newest first."""
