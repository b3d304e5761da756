"""A full disk is one sentence, and when there is room again the same command goes on."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import textwrap
from datetime import date
from typing import TYPE_CHECKING

import pytest

from jobs.night.services import services
from lakehouse import faults, spark_server
from lakehouse.catalog import TITLES
from lakehouse.errors import NoSpace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lakehouse.tables import Lake
    from tests.conftest import Rows

NIGHT = date(2026, 1, 10)


def no_file_beyond(size: int) -> Callable[[], None]:
    """Let the kernel refuse what makes a file larger than this: its answer is that of a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def run(
    line: list[str], room: int | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command, with so much room for each file."""
    return subprocess.run(
        line,
        env={**os.environ, **environment},
        preexec_fn=None if room is None else no_file_beyond(room),
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_write_without_room_leaves_the_table_as_it_was(lake: Lake, rows: Rows) -> None:
    lake.write(TITLES, rows(TITLES, {"title_id": "old"}), NIGHT)
    code = f"""
        from lakehouse.catalog import TITLES
        from lakehouse.settings import Settings
        from lakehouse.tables import Lake
        from datetime import date
        import jobs.__main__ as command_line
        lake = Lake(Settings(var={lake.settings.var!r}))
        titles = lake.arrow(TITLES)
        command_line.app = lambda: lake.write(TITLES, titles, date(2026, 1, 11))
        command_line.main()
    """
    done = run([sys.executable, "-c", textwrap.dedent(code)], room=100)
    assert done.returncode == 2  # which tells the scheduler that a retry would not help
    # Delta's own threads may have cried before it
    last = done.stderr.splitlines()[-1]
    assert last.startswith("There is no room left to write (")
    assert last.endswith("make room on that disk and call again; it goes on from here.")
    assert lake.row_counts(TITLES) == {NIGHT: 1}
    lake.write(TITLES, lake.arrow(TITLES), date(2026, 1, 11))
    assert len(lake.nights(TITLES)) == 2


def test_nothing_begins_on_a_disk_that_is_nearly_full(
    lake: Lake, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "ROOM", 10**18)
    for begin in (
        lambda: lake.write(TITLES, rows(TITLES, {"title_id": "a"}), NIGHT),
        lambda: spark_server.start(lake.settings),
        lambda: services(lake.settings, "night").__enter__(),
    ):
        with pytest.raises(NoSpace, match=r"\d+ MB are free under .*: make room on that disk"):
            begin()
    assert not any(lake.settings.at().iterdir())


def test_history_is_imported_whole_or_not_at_all(tmp_path: Path) -> None:
    plays, var = tmp_path / "plays.csv", tmp_path / "var"
    plays.write_text("profile_id,title_id,time\n" + "p,t,1998-04-21T20:00:00Z\n" * 500)
    line = [sys.executable, "-m", "jobs", "import-interactions", str(plays)]
    done = run(line, room=2_000, MARQUEE_VAR=str(var))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("There is no room left to write (")
    assert not [file for file in var.rglob("*") if file.is_file()]
    assert run(line, MARQUEE_VAR=str(var)).returncode == 0


@pytest.mark.parametrize(
    "said",
    [
        "[Errno 28] No space left on device: 'x.parquet'",  # Python and Arrow
        "(sqlite3.OperationalError) database or disk is full\n[SQL: INSERT INTO runs]",  # MLflow
        "java.io.IOException: No space left on device",  # Spark
        "Generic LocalFileSystem error: No space left on device (os error 28)",  # Delta
    ],
)
def test_each_engine_says_it_in_its_own_words(said: str) -> None:
    error = RuntimeError("the table was not written")
    error.__cause__ = OSError(said)
    assert str(faults.named(error)) == str(NoSpace(said.splitlines()[0]))
    assert faults.named(OSError("[Errno 13] Permission denied")) is None


def test_a_full_disk_is_known_behind_many_names_and_a_few_are_quoted() -> None:
    """As of a folder that is copied, which fails with one line about all of its files."""
    copied = [
        (f"/from/{n}" * 40, f"/to/{n}" * 40, "[Errno 28] No space left on device") for n in (1, 2)
    ]
    ours = faults.named(shutil.Error(copied))
    assert isinstance(ours, NoSpace)
    assert "No space left" in str(ours)
    assert len(str(ours)) < 600


def test_what_needs_more_room_than_is_left_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(tmp_path)._replace(free=faults.ROOM + 5_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    faults.require_room(tmp_path, 5_000_000)
    with pytest.raises(NoSpace, match=f"105 MB of 106 that are needed are free under {tmp_path}"):
        faults.require_room(tmp_path, 6_000_000)
