"""Show a running night in the terminal, live or line by line, and keep what ran as a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.live import Live
from rich.table import Table

from lakehouse.files import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from rich.console import Console

    from jobs.night.api import Task
    from jobs.night.progress import Look

STYLES = {
    "success": ("done", "green"),
    "running": ("runs", "bold yellow"),
    "failed": ("failed", "bold red"),
    "up_for_retry": ("tries again", "yellow"),
    "upstream_failed": ("not reached", "dim"),
    "queued": ("starts", "yellow"),
    "skipped": ("skipped", "dim"),
}
WAITING = ("waits", "dim")


class Screen:
    """A table that changes in place; where nobody looks, a line for each task that changed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=4) if console.is_terminal else None
        self._told: dict[tuple[str, str], str] = {}

    def __enter__(self) -> Self:
        if self._live:
            self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.__exit__(kind, error, trace)

    def show(self, look: Look) -> None:
        """Show how the night stands now."""
        if self._live:
            self._live.update(table(look))
            return
        for dag, tasks in look.tasks.items():
            for task in tasks:
                self._tell(dag, task)

    def _tell(self, dag: str, task: Task) -> None:
        word, style = STYLES.get(task.state, WAITING)
        name = task.name if task.index < 0 else f"{task.name}[{task.index}]"
        if word in ("waits", "starts") or self._told.get((dag, name)) == task.state:
            return
        self._told[dag, name] = task.state
        seconds = "" if task.state == "running" else f" {task.seconds:.1f} s"
        line = f"{dag}.{name} {word}{seconds}"
        self._console.print(line, style=style, highlight=False, markup=False)


def table(look: Look) -> Table:
    """A line a DAG; the tasks of those that are on their way or failed, too."""
    shown = Table(title=f"Night {look.plan.night}", title_justify="left", box=None, pad_edge=False)
    shown.add_column("DAG and task", min_width=36)
    shown.add_column("state", min_width=11)
    shown.add_column("time", justify="right", min_width=8)
    for dag, names in look.plan.tasks.items():
        run = look.runs.get(dag)
        tasks = look.tasks.get(dag, [])
        total = sum(task.seconds for task in tasks)
        shown.add_row(dag, _state(run.state if run else ""), _seconds(total))
        if run and run.state != "success":
            for name in names:
                shown.add_row(*_line(name, [task for task in tasks if task.name == name]))
    return shown


FIRST_TOLD = ("failed", "up_for_retry", "running", "queued")
"""Of the tasks of one name, the state of the first that has one of these is told."""


def _line(name: str, tasks: Sequence[Task]) -> tuple[str, str, str]:
    """A task's name, state and time; of one that runs once a key, how many of how many are done."""
    states = {task.state for task in tasks}
    told = next((state for state in FIRST_TOLD if state in states), "")
    state = told or next(iter(sorted(states)), "")
    done = sum(task.state in ("success", "skipped") for task in tasks)
    many = f" {done}/{len(tasks)}" if len(tasks) > 1 else ""
    return f"  {name}{many}", _state(state), _seconds(sum(task.seconds for task in tasks))


def _state(state: str) -> str:
    word, style = STYLES.get(state, WAITING)
    return f"[{style}]{word}[/]"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds else ""


def keep(look: Look, folder: Path, logs: Path) -> None:
    """Keep what ran, how long and how it ended: VAR/nights/<night>.json, which the report reads."""
    told = [_told(task, logs) for tasks in look.tasks.values() for task in tasks]
    told.sort(key=lambda task: (task["started"] or "9", task["dag"], task["task"]))
    starts = [task["started"] for task in told if task["started"]]
    content = {
        "night": look.plan.night.isoformat(),
        "done": look.done,
        "started": min(starts, default=None),
        "tasks": told,
    }
    write_json(folder / f"{look.plan.night}.json", content)


def _told(task: Task, logs: Path) -> dict[str, Any]:
    return {
        "dag": task.dag,
        "task": task.name,
        "state": task.state,
        "tries": task.tries,
        "started": task.started.isoformat() if task.started else None,
        "seconds": round(task.seconds, 2),
        "log": str(log_file(logs, task)),
    }


def log_file(logs: Path, task: Task) -> Path:
    """Where Airflow keeps the log of a task's last try."""
    folder = f"dag_id={task.dag}/run_id={task.run}/task_id={task.name}"
    if task.index >= 0:
        folder += f"/map_index={task.index}"
    return logs / folder / f"attempt={max(task.tries, 1)}.log"


def last_lines(file: Path, count: int = 20) -> list[str]:
    """What the command of a task said last, and why Airflow thinks that it failed."""
    if not file.exists():
        return [f"{file} was not written"]
    events = [_event(line) for line in file.read_text(errors="replace").splitlines()]
    said = [str(event["event"]) for event in events if _from_command(event)]
    why = [
        f"{error['exc_type']}: {error['exc_value']}"
        for event in events
        for error in event.get("error_detail", ())
    ]
    return said[-count:] + why[-1:]


def _event(line: str) -> dict[str, Any]:
    """A line of an Airflow log, which is a JSON object unless it was cut short."""
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return {"event": line, "logger": ""}
    return found


def _from_command(event: dict[str, Any]) -> bool:
    framing = ("Tmp dir root location", "Running command:", "Output:", "Command exited")
    from_hook = str(event.get("logger", "")).endswith("SubprocessHook")
    return from_hook and not str(event["event"]).startswith(framing)
