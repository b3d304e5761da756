"""A night on Airflow's own scheduler: it starts, fails, goes on, is killed, goes on, runs again.

Two DAGs of bash stand for the chain, so that the test is of the scheduler and not of the jobs.
"""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.request import urlopen

import psutil
import pytest
from rich.console import Console

from jobs.night import backfill as ranges
from jobs.night import progress, ui
from jobs.night import run as nights
from jobs.night import services as starting
from jobs.night.api import AirflowRefused
from jobs.night.ran import keep_what_ran
from jobs.night.run import NightFailed, NightStalled, follow, run_night
from jobs.night.services import DagsBroken, services
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from tests.jobs.night.small_chain import clear, go, killed_night, made, newest, ran, until
from tests.processes import listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jobs.night.services import Running
    from tests.jobs.night.small_chain import Killed

pytestmark = [pytest.mark.service, pytest.mark.timeout(600)]
NIGHT = date(1998, 4, 21)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """A var folder whose first night was killed."""
    return killed_night(made(tmp_path_factory.mktemp("var")))


@pytest.fixture(scope="module")
def folder(killed: Killed) -> Path:
    """The var folder of one Airflow for all tests."""
    return killed.folder


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    """That Airflow, running again; at first one DAG file is broken, which it says at once."""
    settings = Settings(var=str(folder), spark_remote="sc://nowhere:1")
    broken, wait = folder / "dags" / "broken.py", starting.wait
    # Airflow reads no file without these two words
    broken.write_text("from airflow.sdk import DAG\nthis is no Python\n")

    def mended(found: Running) -> None:
        with pytest.raises(DagsBroken, match=r"broken\.py: SyntaxError: invalid syntax\. Mend"):
            wait(found)
        broken.unlink()
        wait(found)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(starting, "wait", mended)
        with services(settings, "night", folder / "dags") as found:
            yield found


def test_a_killed_night_leaves_nothing_running_and_goes_on(
    killed: Killed, running: Running
) -> None:
    assert not killed.alive
    said, look = go(running, date(1998, 4, 23))
    assert (said, look.done) == ("goes on where it was left", True)
    assert ran(killed.folder, "features_daily") == ["1998-04-23"]


def test_a_night_starts_fails_goes_on_and_runs_again(folder: Path, running: Running) -> None:
    (folder / "features_daily.fails").touch()
    said, look = go(running, NIGHT)
    assert said == "starts"
    assert [(task.dag, task.name) for task in look.failed_tasks] == [("features_daily", "work")]
    assert not look.done

    (folder / "features_daily.fails").unlink()
    said, look = go(running, NIGHT)
    assert (said, look.done) == ("goes on where it was left", True)
    # what had succeeded did not run a second time, and the night was the same for all
    assert ran(folder, "events_daily", NIGHT) == ["1998-04-21"]
    assert ran(folder, "features_daily", NIGHT) == ["1998-04-21"] * 2

    said, look = go(running, NIGHT)
    assert (said, look.done) == ("runs again", True)
    assert ran(folder, "events_daily", NIGHT) == ["1998-04-21"] * 2
    assert ran(folder, "features_daily", NIGHT) == ["1998-04-21"] * 3


def test_another_night_runs_from_the_middle_of_the_chain(folder: Path, running: Running) -> None:
    before = ran(folder, "events_daily")
    plan = progress.plan(running.airflow, date(1998, 4, 22), "features_daily")
    assert list(plan.tasks) == ["features_daily"]
    progress.set_going(running.airflow, plan, again=True)
    assert follow(running, plan, Console()).done
    assert ran(folder, "features_daily")[-1] == "1998-04-22"
    assert ran(folder, "events_daily") == before


def test_a_backfill_runs_night_by_night_and_stops_at_the_first_that_fails(
    folder: Path, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "services", lambda *_: nullcontext(running))
    lake = Lake(Settings(var=str(folder)))
    days = [date(1998, 4, day) for day in (24, 25, 26)]
    told = Console(record=True, width=200)
    ranges.backfill(lake, "features_daily", days[:2], told)
    assert ran(folder, "features_daily")[-2:] == ["1998-04-24", "1998-04-25"]
    assert "features_daily and what comes after it ran for 2 nights." in told.export_text()

    (folder / "features_daily.fails").touch()
    with pytest.raises(NightFailed, match=r"features_daily\.work failed, so night 1998-04-25"):
        ranges.backfill(lake, "features_daily", days[1:], told)
    (folder / "features_daily.fails").unlink()
    assert ran(folder, "features_daily")[-1] == "1998-04-25"
    kept = json.loads((folder / "nights" / "1998-04-25.json").read_text())
    assert [task["state"] for task in kept["tasks"]] == ["failed", "upstream_failed"]


def test_airflows_own_backfill_carries_each_night_down_the_chain(
    folder: Path, running: Running
) -> None:
    # what the button of the UI asks for; a range ends at midnight, so before the night of its last day
    body = {
        "dag_id": "events_daily", "from_date": "1998-04-11T00:00:00Z",
        "to_date": "1998-04-13T00:00:00Z", "run_backwards": False, "dag_run_conf": {},
        "reprocess_behavior": "none", "max_active_runs": 1,
    }  # fmt: skip
    running.airflow._post("/api/v2/backfills", body)
    asked = ["1998-04-11", "1998-04-12"]
    until(lambda: ran(folder, "features_daily")[-2:] == asked)
    assert ran(folder, "events_daily")[-2:] == asked
    for dag in ("events_daily", "features_daily"):
        assert [newest(running, dag, date(1998, 4, day)).night for day in (11, 12)] == asked


def test_a_finished_task_that_is_cleared_runs_again_and_so_does_what_follows(
    folder: Path, running: Running
) -> None:
    before = {dag: ran(folder, dag, NIGHT) for dag in ("events_daily", "features_daily")}
    clear(running, newest(running, "events_daily", NIGHT), "work")
    until(lambda: len(ran(folder, "features_daily", NIGHT)) > len(before["features_daily"]))
    assert len(ran(folder, "events_daily", NIGHT)) == len(before["events_daily"]) + 1
    until(lambda: newest(running, "features_daily", NIGHT).state == "success")


def test_a_failed_night_has_its_report_and_says_how_to_go_on(
    folder: Path, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nights, "services", lambda *_: nullcontext(running))
    lake, night = Lake(Settings(var=str(folder))), date(1998, 4, 27)
    (folder / "features_daily.fails").touch()
    told = Console(record=True, width=300)
    with pytest.raises(NightFailed, match=r"features_daily\.work failed, .* goes on from there"):
        run_night(lake, night, told)
    (folder / "features_daily.fails").unlink()
    said = told.export_text()
    assert "the last lines of features_daily.work" in said
    assert f"The report:  {folder}/report/index.html" in said
    html = (folder / "report" / "index.html").read_text()
    assert "A failed task stopped the night: features_daily.work." in html
    assert "Every task" in html


def test_what_a_night_of_the_ui_ran_is_asked_of_airflow(folder: Path, running: Running) -> None:
    kept = folder / "nights" / f"{NIGHT}.json"
    kept.unlink(missing_ok=True)
    keep_what_ran(Settings(var=str(folder)), NIGHT)
    told = json.loads(kept.read_text())
    assert told["done"]
    assert {task["dag"] for task in told["tasks"]} == {"events_daily", "features_daily"}
    keep_what_ran(Settings(var=str(folder)), date(1990, 1, 1))  # which Airflow never ran
    assert not (folder / "nights" / "1990-01-01.json").exists()


def test_a_night_of_which_nothing_runs_and_something_waits_says_so(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nights, "STALL_SECONDS", 2.0)
    plan = progress.plan(running.airflow, NIGHT)
    longer = replace(plan, tasks=plan.tasks | {"never_daily": ["work"]})
    with pytest.raises(NightStalled, match=r"for 2 seconds and never_daily did not start"):
        follow(running, longer, Console())


def test_a_refusal_of_airflow_is_told_in_its_words(running: Running) -> None:
    with pytest.raises(AirflowRefused, match=r"POST .*no_such/dagRuns with status 404, so nothing"):
        running.airflow.trigger("no_such", NIGHT)


def test_the_ui_shows_everything_side_by_side_on_loopback(
    folder: Path, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui, "services", lambda *_: nullcontext(running))
    (folder / "report").mkdir(exist_ok=True)
    (folder / "report" / "index.html").write_text("the report")
    told = Console(record=True, width=300)
    seen: dict[str, str] = {}
    before = listening(psutil.Process())

    def look_then_leave(seconds: float) -> None:
        if seconds < 1:  # MLflow starts
            return time.sleep(seconds)
        links = {line.split()[0]: line.split()[1] for line in told.export_text().splitlines()[1:5]}
        site = links["Report"].removesuffix("/report/")
        places = {**links, "by the report": f"{site}/mlflow/"}
        del places["Checks"]  # nothing was checked here
        seen.update({name: urlopen(link).read().decode() for name, link in places.items()})  # noqa: S310
        assert {at for at, _ in listening(psutil.Process()) - before} == {"127.0.0.1"}
        raise KeyboardInterrupt

    clock = SimpleNamespace(sleep=look_then_leave, monotonic=time.monotonic)
    monkeypatch.setattr(ui, "time", clock)
    ui.show_all(Settings(var=str(folder)), told)
    assert seen["Report"] == "the report"
    assert "MLflow" in seen["MLflow"]
    assert seen["by the report"] == seen["MLflow"]
    assert "Airflow" in seen["Airflow"]


def test_everything_listens_on_loopback_alone(running: Running) -> None:
    heard = set.union(*(listening(psutil.Process(kept.process.pid)) for kept in running.kept))
    assert {address for address, _ in heard} == {"127.0.0.1"}
