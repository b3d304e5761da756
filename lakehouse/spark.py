"""Open the Spark session of a job: a client of the night's server, or of a server of its own."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.errors import MissingJava

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from lakehouse.settings import Settings

JARS = Path(sys.prefix) / "jars"
"""Delta's jars, fetched once at set-up; no job resolves anything."""
_open: dict[str, SparkSession] = {}
"""Address to this process's session there."""


def session(settings: Settings) -> SparkSession:
    """Connect to the Spark server that the settings name; local[N] starts one for this process.

    Raises MissingJava where a local server is asked for and Java 17 is not there.
    """
    from pyspark.sql import SparkSession

    remote = settings.spark_remote
    if remote.startswith("local"):
        from lakehouse import spark_server

        remote = spark_server.own(settings).address
    if remote not in _open:
        forget_sessions()
        _open[remote] = SparkSession.builder.remote(remote).getOrCreate()
        # left open, a session keeps its views and caches in the server until an hour has passed;
        # registered after a server of our own, it is stopped before that ends
        atexit.register(_open[remote].stop)
    return _open[remote]


def forget_sessions() -> None:
    """Close what is open, without a word to servers, which may have ended.

    PySpark hands out its open session whatever the address, and waits ten minutes for a dead server.
    """
    while _open:
        _, old = _open.popitem()
        atexit.unregister(old.stop)
        old.client.close()
        old.stop()


def environment() -> dict[str, str]:
    """What a Spark driver must find in its environment: loopback, and our Python for workers."""
    return {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}


def configuration(settings: Settings) -> dict[str, str]:
    """The configuration of a Spark server: Delta, small tables fast, loopback only."""
    return {
        "spark.jars": ",".join(str(jar) for jar in sorted(JARS.glob("*.jar"))),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.driver.memory": settings.spark_memory,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.session.timeZone": "UTC",
        # small tables: Delta's state in 50 partitions and 200 shuffles cost more than the data
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.databricks.delta.properties.defaults.enableDeletionVectors": "false",
        "spark.local.dir": f"{settings.var}/spark",
        "spark.sql.warehouse.dir": f"{settings.var}/spark/warehouse",
    }


def require_java() -> None:
    """Raise MissingJava unless Java 17 or newer answers."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if java is None:
        raise MissingJava(f"none in {home}/bin, where JAVA_HOME points" if home else "none")
    text = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = re.search(r'version "(?:1\.)?(\d+)', text)  # 1.8 is what Java 8 calls itself
    if version is None or int(version[1]) < 17:
        raise MissingJava(version[1] if version else "one that does not answer")
