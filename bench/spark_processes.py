"""Compare one Spark process a task with one Spark Connect server that the tasks of a night share.

The job is the smallest honest one: write a Delta table, merge into it, read it back. It runs in a
new Python process each time, as a task does. Run: python -m bench.spark_processes
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

import psutil

from lakehouse import spark_server
from lakehouse.settings import Settings

JOBS = 3
JOB = """
import sys
from lakehouse.settings import Settings
from lakehouse.spark import session

spark, place = session(Settings.read()), sys.argv[1]
rows = spark.range(10_000).selectExpr("id", "id * 2 AS twice")
rows.write.format("delta").mode("overwrite").save(place)
spark.range(5_000, 15_000).selectExpr("id", "id * 3 AS twice").createOrReplaceTempView("fresh")
spark.sql(f"MERGE INTO delta.`{place}` old USING fresh new ON old.id = new.id "
          "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *")
assert spark.read.format("delta").load(place).where("twice % 3 = 0").count() >= 10_000
"""


def main() -> None:
    """Run both ways side by side and print seconds, CPU seconds and memory."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(var=folder)
        print(
            f"{JOBS} jobs, each: write 10,000 rows, merge 10,000, read; load {os.getloadavg()[0]:.1f}"
        )
        alone = [timed(folder, "alone", {"MARQUEE_SPARK_REMOTE": "local[2]"}) for _ in range(JOBS)]
        began = time.monotonic()
        server = spark_server.start(settings)
        spark_server.wait(server)
        up = time.monotonic() - began
        shared = [timed(folder, "shared", server.environment) for _ in range(JOBS)]
        cpu, memory = cost(psutil.Process(server.kept.process.pid))
        server.stop()
    tell("one process a task", alone)
    tell(f"shared server (up in {up:.1f} s)", shared)
    print(f"the server took {cpu:.1f} CPU-s in all and holds {memory:.0f} MB")
    print(
        f"ratio of the {JOBS} jobs, server start included: "
        f"{sum(alone) / (up + sum(shared)):.1f}x; of one more job: {alone[-1] / shared[-1]:.1f}x"
    )


def timed(folder: str, name: str, environment: dict[str, str]) -> float:
    """The seconds of one job in a process of its own."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", JOB, f"{folder}/{name}"],
        env=os.environ | {"MARQUEE_VAR": folder} | environment,
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return time.monotonic() - began


def cost(keeper: psutil.Process) -> tuple[float, float]:
    """CPU seconds and megabytes of a kept service with all that it started."""
    found = keeper.children(recursive=True)
    cpu = sum(sum(process.cpu_times()[:2]) for process in found)
    return cpu, sum(process.memory_info().rss for process in found) / 2**20


def tell(name: str, seconds: list[float]) -> None:
    """Print the times of one way."""
    print(f"{name:<32} {' '.join(f'{one:6.1f} s' for one in seconds)}")


if __name__ == "__main__":
    main()
