"""Say DAGs in our words: the clock, what a DAG comes after, its jobs, and the checks behind them.

The night is the partition key of every run. An asset is the outlet of the check on a table, or of
the training job whose gate is its check, never of a job that wrote a table: so nobody reads a table
before, or in spite of, its check. A DAG comes after the assets of one task, the last check of the
DAG before it: docs/adr/0041-nights-as-partitions.md says why.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import (
    Asset,
    AssetAll,
    BaseOperator,
    CronPartitionTimetable,
    PartitionedAssetTimetable,
)
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from lakehouse.errors import MissingNight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.providers.standard.hooks.subprocess import SubprocessHook
    from airflow.sdk import Context
    from airflow.sdk.definitions.mappedoperator import MappedOperator

    from lakehouse.catalog import Table

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[1]
REFUSED = 2
"""The exit status of a command that a retry would not help: a MarqueeError, or wrong usage."""
TIER_1: dict[str, Any] = {"max_active_runs": 1, "tags": ["tier-1"]}
"""Rules of a DAG whose failure leaves members with yesterday's pages: one run at a time."""
TIER_2: dict[str, Any] = {"max_active_runs": 1, "tags": ["tier-2"]}
"""Rules of a DAG that can wait for the morning."""
PATIENCE_SECONDS = 10.0
"""How long a job that was told to end may take: half a write is then repaired by the rerun."""


@dataclass(frozen=True)
class Model:
    """A registered model: what a training job makes, and what others come after."""

    name: str
    owner: str = "ml-engineering"


def model(name: str) -> Model:
    """The registered model of that name, as something that a job reads or writes."""
    return Model(f"model.{name}")


def nightly() -> CronPartitionTimetable:
    """03:00 UTC, for the day that ended three hours before."""
    return CronPartitionTimetable(
        "0 3 * * *",
        timezone="UTC",
        run_offset=-1,  # the tick before this one lies in the night; this one in the day after
        key_format="%Y-%m-%d",
    )


def after(*made: Table | Model) -> PartitionedAssetTimetable:
    """As soon as all of these are good for a night, for that night."""
    return PartitionedAssetTimetable(assets=AssetAll(*(Asset(thing.name) for thing in made)))


def job(
    name: str,
    *,
    reads: Sequence[Table | Model] = (),
    writes: Sequence[Table | Model] = (),
    minutes: int = 20,
    tells_keys: bool = False,
) -> Command:
    """Run `main` of jobs/<area>/<name>.py for the night, in a process of its own.

    With `tells_keys` the job returns a list of keys, for each of which `each` runs a task.
    """
    return Command(tells_keys=tells_keys, **_of_job(name, reads, writes, minutes))


def each(
    name: str,
    keys: Command,
    *,
    reads: Sequence[Table | Model] = (),
    writes: Sequence[Table | Model] = (),
    minutes: int = 60,
) -> MappedOperator:
    """Run a job once for each key that another told: each is retried alone."""
    return Command.partial(
        map_index_template="{{ task.key }}", **_of_job(name, reads, writes, minutes)
    ).expand(key=keys.output)


def check(*tables: Table, minutes: int = 20) -> Command:
    """Run the suites of these tables for the night; who comes after them may start then."""
    arguments = ["check", *(table.name for table in tables)]
    return Command(
        task_id=f"check_{tables[0].name.rsplit('.', 1)[-1]}",
        arguments=arguments,
        reads=tables,
        owner=tables[0].owner,
        outlets=[Asset(table.name) for table in tables],
        **_rules(arguments, tables, (), minutes),
    )


def _of_job(
    name: str, reads: Sequence[Table | Model], writes: Sequence[Table | Model], minutes: int
) -> dict[str, Any]:
    arguments = ["job", name]
    return {
        "task_id": name.rsplit(".", 1)[-1],
        "arguments": arguments,
        "reads": reads,
        "writes": writes,
        "owner": writes[0].owner if writes else "data-engineering",
        "outlets": [Asset(made.name) for made in writes if isinstance(made, Model)],
        **_rules(arguments, reads, writes, minutes),
    }


def _rules(
    arguments: list[str],
    reads: Sequence[Table | Model],
    writes: Sequence[Table | Model],
    minutes: int,
) -> dict[str, Any]:
    """What holds of each task; a mapped one takes nothing from a constructor, so it is said here."""
    return {
        "retries": 1,
        "retry_delay": timedelta(seconds=10),
        "on_failure_callback": tell_failure,
        "execution_timeout": timedelta(minutes=minutes),
        "trigger_rule": "none_failed",  # a night without keys maps onto no task, and goes on
        "doc_md": f"`marquee {' '.join(arguments)}`  \nreads {_listed(reads)}; "
        f"writes {_listed(writes)}",
    }


class Command(BaseOperator):
    """One command of Marquee, in its own process: no worker ever holds Spark or TensorFlow."""

    template_fields = ("night",)

    def __init__(
        self,
        *,
        arguments: list[str],
        reads: Sequence[Table | Model] = (),
        writes: Sequence[Table | Model] = (),
        night: str = "{{ partition_key }}",
        key: str = "",
        tells_keys: bool = False,
        **rules: Any,
    ) -> None:
        super().__init__(do_xcom_push=tells_keys, **rules)
        self.arguments, self.reads, self.writes = arguments, tuple(reads), tuple(writes)
        self.night, self.key, self.tells_keys = night, key, tells_keys
        self.hook: SubprocessHook | None = None

    def execute(self, context: Context) -> list[str] | None:
        """Run the command; its output is the task's log, its last line the keys if it tells some.

        Raises AirflowFailException, which is not retried, without a night or when it refused.
        """
        refuse_clock(context["dag_run"].run_type)
        night = parsed_night(self.night)
        from airflow.providers.standard.hooks.subprocess import SubprocessHook

        self.hook = SubprocessHook()
        line = [sys.executable, "-m", "jobs", *self.arguments, "--night", night.isoformat()]
        line += ["--key", self.key] if self.key else []
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        done = self.hook.run_command(line, env=environment, cwd=str(ROOT))
        if done.exit_code == REFUSED:
            raise AirflowFailException(f"{self.task_id} refused; its last line says why.")
        if done.exit_code:
            raise AirflowException(f"{self.task_id} ended with status {done.exit_code}.")
        return list(json.loads(done.output)) if self.tells_keys else None

    def on_kill(self) -> None:
        """End the command and all it started: nothing may go on writing behind our back."""
        process = self.hook.sub_process if self.hook else None
        if process is None:
            return
        for force in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, force)  # the hook gave it a session of its own
            deadline = time.monotonic() + PATIENCE_SECONDS
            while process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)


def parsed_night(key: str) -> date:
    """The night that a partition key names; raises AirflowFailException for anything else."""
    try:
        return date.fromisoformat(key)
    except ValueError:
        raise AirflowFailException(str(MissingNight(key))) from None


def refuse_clock(run_type: str) -> None:
    """Skip what the clock started where airflow.cfg says so: local history knows no today."""
    # compared, not printed: the member of an enum prints as DagRunType.SCHEDULED
    if run_type == "scheduled" and not conf.getboolean("marquee", "clock", fallback=True):
        raise AirflowSkipException(
            "The clock is off here, so this night was not run: trigger the DAG with a partition "
            "key, or set AIRFLOW__MARQUEE__CLOCK=True."
        )


def tell_failure(context: Context) -> None:
    """Log one sentence: what failed, what that means, what to do."""
    task, night = context["task"], context["dag_run"].partition_key
    stopped = ", ".join(asset.name for asset in task.outlets) or "what follows it"
    logger.error(
        "%s.%s failed for night %s (%s), so nobody gets %s of that night and the pages that are "
        "live stay live: read the log of the task, mend the cause, and make night NIGHT=%s goes "
        "on from here.",
        task.dag_id, task.task_id, night, context.get("exception"), stopped, night,
    )  # fmt: skip


def _listed(things: Sequence[Table | Model]) -> str:
    return ", ".join(thing.name for thing in things) or "nothing"


def followers(folder: Path) -> dict[str, set[str]]:
    """Each DAG of a folder and the DAGs that come after it, read from the files alone."""
    from airflow.dag_processing.dagbag import DagBag

    dags = DagBag(str(folder)).dags.values()
    made = {
        dag.dag_id: {asset.name for task in dag.tasks for asset in task.outlets} for dag in dags
    }
    wanted = {dag.dag_id: _awaited(dag.timetable) for dag in dags}
    return {dag: {other for other in wanted if wanted[other] & made[dag]} for dag in made}


def _awaited(timetable: Any) -> set[str]:
    condition = getattr(timetable, "asset_condition", None)
    return {asset.name for asset in condition.objects} if condition else set()


if __name__ == "__main__":  # for who must not import Airflow: DAG folder in, followers out
    sys.stdout.write(
        json.dumps({dag: sorted(to) for dag, to in followers(Path(sys.argv[1])).items()})
    )
