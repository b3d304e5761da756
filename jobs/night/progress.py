"""Tell how far a night is: what ran, what runs, what is still to come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from jobs.night.api import FINISHED, Airflow, Run, Task, in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST = "events_daily"


@dataclass(frozen=True)
class Plan:
    """The DAGs of a night, each after the one that it comes after, and the tasks of each."""

    night: date
    tasks: dict[str, list[str]]

    @property
    def first(self) -> str:
        """The DAG that is started; the others follow by their assets."""
        return next(iter(self.tasks))


@dataclass(frozen=True)
class Look:
    """How a night stands at one moment."""

    plan: Plan
    runs: dict[str, Run]
    tasks: dict[str, list[Task]] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether every DAG has run to its good end."""
        return all(
            dag in self.runs and self.runs[dag].state == "success" for dag in self.plan.tasks
        )

    @property
    def failed(self) -> list[Run]:
        """The runs that failed: what comes after them will not start."""
        return [run for run in self.runs.values() if run.state == "failed"]

    @property
    def moving(self) -> bool:
        """Whether a task is on its way; between two DAGs, for a second, none is."""
        return any(task.state not in FINISHED for told in self.tasks.values() for task in told)

    @property
    def failed_tasks(self) -> list[Task]:
        """The tasks that failed themselves, not those that waited for them."""
        return [task for told in self.tasks.values() for task in told if task.state == "failed"]


def plan(airflow: Airflow, night: date, first: str = FIRST) -> Plan:
    """The DAG and all that comes after it, in order."""
    followers = airflow.followers()
    reached, fresh = {first}, {first}
    while fresh := set().union(*(followers.get(dag, set()) for dag in fresh)) - reached:
        reached |= fresh
    waits = {dag: {d for d in reached if dag in followers.get(d, set())} for dag in reached}
    return Plan(night, {dag: airflow.tasks_of(dag) for dag in in_order(waits)})


def newest(plan: Plan, runs: Sequence[Run]) -> dict[str, Run]:
    """The newest run of each DAG that belongs to the newest run of the first one.

    A night that is run again has older runs of every DAG; those say nothing of this time.
    """
    first = _newest_of(plan.first, runs)
    if first is None:
        return {}
    since = datetime.fromisoformat(first.run_after)
    later = [run for run in runs if datetime.fromisoformat(run.run_after) >= since]
    found = {dag: _newest_of(dag, later) for dag in plan.tasks}
    return {dag: run for dag, run in found.items() if run is not None}


def _newest_of(dag: str, runs: Sequence[Run]) -> Run | None:
    own = [run for run in runs if run.dag == dag]
    return max(own, key=lambda run: datetime.fromisoformat(run.run_after), default=None)


def look(airflow: Airflow, plan: Plan, before: Look | None = None) -> Look:
    """Ask Airflow how the night stands; finished runs were told before and are not asked again."""
    runs = newest(plan, airflow.runs(plan.night))
    tasks = {}
    for dag, run in runs.items():
        known = before is not None and before.runs.get(dag) == run and run.state in FINISHED
        tasks[dag] = before.tasks[dag] if before and known else airflow.tasks(run)
    return Look(plan, runs, tasks)


def set_going(airflow: Airflow, plan: Plan, again: bool) -> str:
    """Start a night, go on with one that was left, or run a finished one again; says which."""
    stands = look(airflow, plan)
    if not stands.runs:
        airflow.trigger(plan.first, plan.night)
        return "starts"
    if again or stands.done:
        airflow.trigger(plan.first, plan.night)
        return "runs again"
    for run in stands.failed:
        airflow.clear_failed(run)
    return "goes on where it was left"
