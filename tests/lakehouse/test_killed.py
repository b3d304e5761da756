"""A writer that is killed leaves the old state readable, and a rerun repairs what it began.

No hook is in the way of the writers. The kernel kills the one from memory: a process may end at the
first file that it makes larger than its limit, and a commit of many nights is larger than the file
of each. Spark writes the files of two nights; the server is killed when the small one's lies there
whole and the large one's does not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from signal import SIGXFSZ
from typing import TYPE_CHECKING

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakehouse import spark_server
from lakehouse.catalog import EVENT_COUNTS
from lakehouse.settings import Settings
from lakehouse.spark import session
from lakehouse.writing import arrow_schema
from tests.conftest import NIGHT

if TYPE_CHECKING:
    from datetime import date

    from lakehouse.spark_server import SparkServer
    from lakehouse.tables import Lake

NIGHTS = [NIGHT + timedelta(days=day) for day in range(60)]
FROM_MEMORY = """
    import resource, signal, sys
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake
    from tests.lakehouse.test_killed import EVENT_COUNTS, NIGHTS, counts
    lake = Lake(Settings(var=sys.argv[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python would rather have an error
    lake.write_nights(EVENT_COUNTS, counts(NIGHTS, 2), NIGHTS)
"""
FROM_SPARK = """
    import sys
    from lakehouse.settings import Settings
    from lakehouse.tables import Lake
    from pyspark.sql import functions as F
    from tests.lakehouse.test_killed import EVENT_COUNTS, NIGHTS
    lake = Lake(Settings(var=sys.argv[1], spark_remote=sys.argv[2]))
    numbers = lake.spark.range(int(sys.argv[3]))
    first = F.col("id") < 10
    rows = numbers.select(
        *(F.col("id").alias(name) for name in ("landed", "events", "rejected", "duplicates")),
        F.when(first, F.lit(NIGHTS[0])).otherwise(F.lit(NIGHTS[1])).alias("night"),
    )
    lake.write_nights(EVENT_COUNTS, rows, NIGHTS[:2])
"""
LARGE = 1_000_000
"""Rows of the night that is being written when the server dies: seconds of work, where seeing the
small one's file and the kill take a hundredth."""


def writer_of(code: str) -> list[str]:
    """The command line of a writer."""
    return [sys.executable, "-c", textwrap.dedent(code)]


def counts(nights: list[date], landed: int) -> pa.Table:
    """A row a night."""
    schema = arrow_schema(EVENT_COUNTS)
    empty = dict.fromkeys(schema.names)
    return pa.Table.from_pylist([{**empty, "night": n, "landed": landed} for n in nights], schema)


def files(lake: Lake, night: date) -> list[Path]:
    """The data files of a night, whether a version names them or not."""
    return sorted(Path(lake.location(EVENT_COUNTS), f"night={night}").glob("*.parquet"))


def whole(file: Path) -> bool:
    """Whether a Parquet file was written to its end."""
    with suppress(pa.ArrowInvalid):
        return bool(pq.read_metadata(file).num_rows)
    return False


def held(lake: Lake) -> dict[date, int]:
    """Night to what it says of its landed lines."""
    rows = lake.arrow(EVENT_COUNTS)
    return dict(zip(rows["night"].to_pylist(), rows["landed"].to_pylist(), strict=True))


@pytest.mark.parametrize(
    ("largest_file", "files_written"),
    [pytest.param(100, 0, id="in a file"), pytest.param(10_000, 60, id="before the commit")],
)
def test_killed_while_it_wrote_from_memory(
    lake: Lake, largest_file: int, files_written: int
) -> None:
    old = NIGHTS[:2]
    lake.write_nights(EVENT_COUNTS, counts(old, 1), old)
    before, live = lake.version(EVENT_COUNTS), len(lake.files(EVENT_COUNTS))
    writer = [*writer_of(FROM_MEMORY), lake.settings.var, str(largest_file)]
    done = subprocess.run(writer, check=False)
    assert done.returncode == -SIGXFSZ
    made = [file for night in NIGHTS for file in files(lake, night) if whole(file)]
    assert len(made) == live + files_written
    assert lake.version(EVENT_COUNTS) == before
    assert held(lake) == dict.fromkeys(old, 1)
    lake.write_nights(EVENT_COUNTS, counts(NIGHTS, 2), NIGHTS)  # the rerun
    assert held(lake) == dict.fromkeys(NIGHTS, 2)


@pytest.mark.slow
@pytest.mark.timeout(
    900
)  # a server of its own to kill: 40 s on an idle machine, 270 at a load of 20
def test_killed_while_spark_wrote(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    old = NIGHTS[:2]
    lake.write_nights(EVENT_COUNTS, counts(old, 1), old)
    before, live = lake.version(EVENT_COUNTS), files(lake, NIGHTS[0])
    server = spark_server.start(lake.settings)
    spark_server.wait(server)
    monkeypatch.setenv(spark_server.TOKEN, server.token)
    assert session(Settings(spark_remote=server.address)).range(7).count() == 7
    java = java_of(server)  # to look for it then would take half a second of a busy machine
    writer = subprocess.Popen(
        [*writer_of(FROM_SPARK), lake.settings.var, server.address, str(LARGE)],
        env={**os.environ, **server.environment},
    )
    try:
        while not [file for file in files(lake, NIGHTS[0]) if file not in live and whole(file)]:
            assert writer.poll() is None, "the write ended before its first file was seen"
            time.sleep(0.005)
        java.kill()  # which can then tidy nothing
        java.wait()
    finally:
        writer.kill()
        writer.wait()
        server.stop()
    assert lake.version(EVENT_COUNTS) == before  # no commit was made
    assert held(lake) == dict.fromkeys(old, 1)
    again = lake.spark.createDataFrame(counts(old, 2))  # PySpark alone would ask the dead server
    lake.write_nights(EVENT_COUNTS, again, old)  # the rerun
    assert held(lake) == dict.fromkeys(old, 2)


def java_of(server: SparkServer) -> psutil.Process:
    """The Java process of a server."""
    below = psutil.Process(server.kept.process.pid).children(recursive=True)
    (java,) = (process for process in below if process.name() == "java")
    return java
