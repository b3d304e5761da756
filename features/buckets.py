"""Run SQL over stored tables bucket by bucket: Spark schedules the buckets, DuckDB computes each.

Rows that meet in a join share a key, so the hash of the key divides every relation into buckets
that never need each other. A bucket is one Spark task; it reads live Parquet files and writes one.
Nothing but file names goes through the JVM.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import duckdb
    import pyarrow as pa
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Relation:
    """A stored table by the name that SQL uses."""

    name: str
    files: tuple[str, ...]
    key: str | None = None
    """The column whose hash says in which bucket a row is; without one each bucket reads all."""
    columns: str = ""
    """The DDL of a table that may have no file yet."""

    def view(self, bucket: int, buckets: int) -> str:
        """SQL that makes the relation, or the part of it in one bucket."""
        if not self.files:
            return f"CREATE TABLE {self.name} ({self.columns})"
        files = ", ".join("'" + file.replace("'", "''") + "'" for file in self.files)
        part = f"WHERE hash({self.key}) % {buckets} = {bucket}" if self.key and buckets > 1 else ""
        rows = f"SELECT * FROM read_parquet([{files}], hive_partitioning = false) {part}"  # noqa: S608
        return f"CREATE VIEW {self.name} AS {rows}"


@dataclass(frozen=True)
class Statement:
    """One query over relations, run once per bucket."""

    name: str
    relations: tuple[Relation, ...]
    sql: str
    before: tuple[str, ...] = field(default=())
    """SQL that is run first, such as making a table that the query reads twice."""

    def run(self, out: str, bucket: int, buckets: int, threads: int = 1) -> int:
        """Answer the query for one bucket into a Parquet file; returns the number of rows."""
        connection = connect(threads)
        for relation in self.relations:
            connection.execute(relation.view(bucket, buckets))
        for sql in self.before:
            connection.execute(sql)
        file = f"{out}/{self.name}-{bucket:05d}.parquet".replace("'", "''")
        copied = connection.execute(f"COPY ({self.sql}) TO '{file}' (FORMAT parquet)").fetchone()
        return int(copied[0]) if copied else 0


def connect(threads: int = 1) -> duckdb.DuckDBPyConnection:
    """An empty in-memory database."""
    import duckdb

    return duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})


def run(spark: SparkSession, statements: list[Statement], out: str, buckets: int) -> None:
    """Run every bucket of every statement as one Spark task."""
    tasks = _tasks(statements, buckets)
    work = functools.partial(_work, tasks, out, buckets, spare_cores(spark, len(tasks)))
    frame = spark.range(0, len(tasks), 1, len(tasks))
    frame.mapInArrow(work, "rows BIGINT").toArrow()


def spare_cores(spark: SparkSession, tasks: int) -> int:
    """How many threads a task may take: one, but all cores of a local master if few tasks run."""
    cores = re.fullmatch(r"local\[(\d+)\]", spark.conf.get("spark.master") or "")
    return max(1, int(cores[1]) // tasks) if cores else 1


def run_here(statements: list[Statement], out: str, buckets: int) -> None:
    """Run every bucket of every statement in this process, where Spark is not worth its start."""
    for statement, bucket in _tasks(statements, buckets):
        statement.run(out, bucket, buckets)


def _tasks(statements: list[Statement], buckets: int) -> list[tuple[Statement, int]]:
    return [(statement, bucket) for statement in statements for bucket in range(buckets)]


def _work(
    tasks: list[tuple[Statement, int]],
    out: str,
    buckets: int,
    threads: int,
    given: Iterable[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for batch in given:
        for task in batch.column(0).to_pylist():
            statement, bucket = tasks[task]
            rows = statement.run(out, bucket, buckets, threads)
            yield pa.RecordBatch.from_pydict({"rows": [rows]})
