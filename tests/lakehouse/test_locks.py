"""Two processes that write the same night at once leave what one of them would have left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from datetime import date
from typing import TYPE_CHECKING

from lakehouse.catalog import LANDED, TITLES
from lakehouse.locks import alone

if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.tables import Lake

NIGHT, NEXT = date(2026, 1, 10), date(2026, 1, 11)
WRITER = """
    import sys
    from datetime import date
    import pyarrow as pa
    from lakehouse.catalog import LANDED, TITLES
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake
    from lakehouse.writing import arrow_schema
    lake = Lake(Settings(var=sys.argv[1]))
    def rows(table, night, **said):
        empty = dict.fromkeys(arrow_schema(table).names)
        return pa.Table.from_pylist(
            [{**empty, "night": night, **{k: f(n) for k, f in said.items()}} for n in range(500)],
            arrow_schema(table),
        )
    titles = rows(TITLES, date(2026, 1, 11), title_id=lambda n: f"t{n}")
    landed = rows(LANDED, date(2026, 1, 10), line=int)
    print("ready", flush=True)
    sys.stdin.readline()
    for file in range(10):
        lake.append_once(LANDED, landed, f"file {file}")
        lake.write(TITLES, titles, date(2026, 1, 10))
        lake.merge(TITLES, titles)
"""


def test_two_writers_of_a_new_table_at_once_double_nothing(lake: Lake) -> None:
    # without a lock both make the table and both append, or one fails on the commit of the other
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITER), lake.settings.var],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    # nor does either fail on a commit of the other
    assert [writer.communicate()[1] for writer in writers] == ["", ""]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert lake.row_counts(LANDED) == {NIGHT: 5_000}
    assert lake.row_counts(TITLES) == {NIGHT: 500, NEXT: 500}


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from lakehouse.locks import alone\n"
        "with alone(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    file = tmp_path / "locks" / "events.land"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    os.kill(holder.pid, signal.SIGKILL)
    with alone(file):
        holder.communicate()
    assert holder.returncode == -signal.SIGKILL
