"""Join labels with features as known before them in five ways, each in a process of its own."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from features import buckets
from features.buckets import Relation, Statement
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    Join = Callable[[list[str], list[str], str], None]
    """Reads label files and feature files, writes (label, value) as Parquet into a folder."""

BYTES_A_BUCKET = 200_000_000
"""Stored bytes that one task joins, some ten million rows: about a gigabyte of memory."""
PARTITIONS = (4, 8, 16, 32)
AS_OF = """
SELECT l.label, f.value FROM labels l ASOF LEFT JOIN features f
ON l.profile_id = f.profile_id AND l.as_of > f.known"""
CORES = len(os.sched_getaffinity(0))


def measure(name: str, labels: list[str], features: list[str], folder: str, chosen: str) -> Any:
    """Time one contestant: cold has files out of the page cache and an engine that never ran."""
    import duckdb

    started = time.monotonic()
    join = CONTESTANTS[name](folder, chosen)
    result: dict[str, Any] = {"start": round(time.monotonic() - started, 2)}
    seconds = []
    with tempfile.TemporaryDirectory(dir=folder) as out:
        evict(labels + features)
        for number in range(4):
            target = f"{out}/{number}"
            os.mkdir(target)
            begun = time.monotonic()
            join(labels, features, target)
            seconds.append(time.monotonic() - begun)
        rows, total = duckdb.execute(
            f"SELECT count(*), bit_xor(hash(label, value)) FROM '{target}/*.parquet'"  # noqa: S608
        ).fetchall()[0]
    return result | {
        "cold": round(seconds[0], 2), "warm": round(sorted(seconds[1:])[1], 2),
        "rows": rows, "hash": f"{total:x}",
    }  # fmt: skip


def evict(files: list[str]) -> None:
    """Let the kernel forget the files, so that the first run reads them from the disk."""
    for file in files:
        with open(file, "rb+") as held:
            os.fsync(held.fileno())
            os.posix_fadvise(held.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def spark_session(folder: str) -> Any:
    from lakehouse.spark import session

    return session(replace(Settings(var=folder), spark_remote=f"local[{CORES}]", spark_memory="6g"))


def ours(folder: str, chosen: str) -> Join:
    """Spark schedules buckets, DuckDB joins each; both read the stored files as they are."""
    del chosen
    spark = spark_session(folder)

    def join(labels: list[str], features: list[str], out: str) -> None:
        stored = sum(map(os.path.getsize, labels + features))
        relations = (
            Relation("labels", tuple(labels), "profile_id"),
            Relation("features", tuple(features), "profile_id"),
        )
        buckets.run(spark, [Statement("join", relations, AS_OF)], out, stored // BYTES_A_BUCKET + 1)

    return join


def join_and_rank(folder: str, chosen: str) -> Join:
    """What feature stores do on Spark: every earlier row of the profile, then the newest by rank."""
    return spark_sql(folder, chosen, """
        SELECT label, value FROM (
            SELECT l.label, f.value,
                row_number() OVER (PARTITION BY l.label ORDER BY f.known DESC) AS place
            FROM labels l LEFT JOIN features f
            ON l.profile_id = f.profile_id AND f.known < l.as_of
        ) WHERE place = 1""")  # fmt: skip


def union_and_window(folder: str, chosen: str) -> Join:
    """One sorted stream of labels and features per profile, the last value carried along."""
    return spark_sql(folder, chosen, """
        SELECT label, carried AS value FROM (
            SELECT label, last_value(value, true) OVER (
                PARTITION BY profile_id ORDER BY at, label NULLS LAST
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS carried
            FROM (
                SELECT profile_id, as_of AS at, label, CAST(NULL AS BIGINT) AS value FROM labels
                UNION ALL
                SELECT profile_id, known AS at, CAST(NULL AS BIGINT) AS label, value FROM features
            )
        ) WHERE label IS NOT NULL""")  # fmt: skip


def spark_sql(folder: str, chosen: str, query: str) -> Join:
    """A contestant that is one query in Spark's own SQL."""
    spark = spark_session(folder)
    spark.conf.set("spark.sql.shuffle.partitions", chosen)

    def join(labels: list[str], features: list[str], out: str) -> None:
        spark.read.parquet(*labels).createOrReplaceTempView("labels")
        spark.read.parquet(*features).createOrReplaceTempView("features")
        spark.sql(query).write.mode("overwrite").parquet(out)

    return join


def duckdb_alone(folder: str, chosen: str) -> Join:
    """DuckDB's ASOF JOIN on all cores, without Spark."""
    del folder, chosen

    def join(labels: list[str], features: list[str], out: str) -> None:
        relations = (Relation("labels", tuple(labels)), Relation("features", tuple(features)))
        Statement("join", relations, AS_OF).run(out, 0, 1, threads=CORES)

    return join


def polars_alone(folder: str, chosen: str) -> Join:
    """Polars' join_asof, which wants both sides sorted by time."""
    del folder, chosen

    def join(labels: list[str], features: list[str], out: str) -> None:
        import polars as pl

        left, right = pl.read_parquet(labels).sort("as_of"), pl.read_parquet(features).sort("known")
        joined = left.join_asof(
            right, left_on="as_of", right_on="known", by="profile_id", allow_exact_matches=False,
            check_sortedness=False,
        )  # fmt: skip
        joined.select("label", "value").write_parquet(f"{out}/join.parquet", compression="snappy")

    return join


CONTESTANTS: dict[str, Callable[[str, str], Join]] = {
    "join_and_rank": join_and_rank, "union_and_window": union_and_window, "duckdb": duckdb_alone,
    "polars": polars_alone, "ours": ours,
}  # fmt: skip


def tune(labels: list[str], features: list[str], folder: str) -> dict[str, Any]:
    """Seconds of join and rank by shuffle partitions, each the second run of two."""
    tried = {}
    for partitions in PARTITIONS:
        join = join_and_rank(folder, str(partitions))
        with tempfile.TemporaryDirectory(dir=folder) as out:
            join(labels, features, out)
            begun = time.monotonic()
            join(labels, features, out)
            tried[str(partitions)] = round(time.monotonic() - begun, 2)
    return {"tried": tried}


if __name__ == "__main__":
    name, given = sys.argv[1], json.load(sys.stdin)
    print(json.dumps(tune(*given[:3]) if name == "tune" else measure(name, *given)))
