"""Read and write the lake: whole nights, atomically, with the schema checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.errors import BrokenFile, MissingTable

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa
    from deltalake import DeltaTable
    from pyspark.sql import DataFrame, SparkSession

    from lakehouse.catalog import Table
    from lakehouse.settings import Settings


class Lake:
    """Every table, behind one door; Spark starts only when a job asks for a Spark frame."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def spark(self) -> SparkSession:
        """The Spark session, opened on first use, and again where its server ended meanwhile."""
        from lakehouse.spark import session

        return session(self.settings)

    def location(self, table: Table) -> str:
        """Where a table lies: a folder or an s3a:// address."""
        return f"{self.settings.lake_root.rstrip('/')}/{table.path}"

    def read(
        self, table: Table, night: date | None = None, version: int | None = None
    ) -> DataFrame:
        """Read a table with Spark: now, as of a night, or at a version.

        As of a night, a history table holds its rows of that night and before, a snapshot table
        those of the newest night not later, be they none. A table never written is an empty frame.
        """
        from pyspark.sql import functions as F

        if not self.exists(table):
            return self.empty(table)
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        frame = reader.load(self.location(table)).select(*table.column_types)
        if night is None:
            return frame
        if not table.snapshot:
            return frame.where(F.col("night") <= F.lit(night))
        return frame.where(F.col("night") == F.lit(self.newest_night(table, night, version)))

    def empty(self, table: Table) -> DataFrame:
        """A frame of no rows with the columns of the catalog."""
        return self.spark.createDataFrame([], table.columns)

    def arrow(
        self,
        table: Table,
        night: date | None = None,
        columns: list[str] | None = None,
        version: int | None = None,
        nights: list[date] | None = None,
    ) -> pa.Table:
        """Read a table without Spark, as `read` does; raises MissingTable if it holds nothing.

        With `nights` in place of a night only the files of those nights are opened. Raises
        BrokenFile where one of them cannot be read.
        """
        import pyarrow as pa
        import pyarrow.dataset as ds

        if not self.exists(table):
            raise MissingTable(table.name, str(night or "any night"))
        dataset = self._delta(table, version).to_pyarrow_dataset()
        kept = None if nights is None else ds.field("night").isin(nights)
        if night is not None and table.snapshot:
            newest = self.newest_night(table, night, version)
            if newest is None:
                raise MissingTable(table.name, str(night))
            kept = ds.field("night") == newest
        elif night is not None:
            kept = ds.field("night") <= night
        try:
            return dataset.to_table(columns=columns or list(table.column_types), filter=kept)
        except (OSError, pa.ArrowInvalid) as error:
            raise BrokenFile(table.name, str(error).splitlines()[0]) from error

    def settled(self, frame: DataFrame, rows: int) -> DataFrame | pa.Table:
        """The frame computed into memory where `rows` of it are few, else as it is.

        A night of a small table is written in 20 ms from memory and in seconds by Spark.
        """
        return frame.toArrow() if rows <= self.settings.rows_in_memory else frame

    def write(
        self, table: Table, rows: DataFrame | pa.Table | pa.RecordBatchReader, night: date
    ) -> None:
        """Replace the night's partition of a table by these rows, all or nothing.

        A reader streams its batches, so that a large night never stands in memory at once; Delta
        keeps no order between batches, so who needs one sorts.

        Raises WrongSchema unless the columns are those of the catalog, in any order, `night` aside,
        and each type holds only values of the catalog's: a bigint is written from an int, never
        from text, a double or a larger number. A snapshot without rows is a night like any other.
        """
        self.write_nights(table, rows, [night])

    def write_nights(
        self,
        table: Table,
        rows: DataFrame | pa.Table | pa.RecordBatchReader,
        nights: list[date],
    ) -> None:
        """Replace the partitions of several nights at once; rows carry `night` when several.

        Several are of a history: a night of a snapshot is the whole table, and written alone.
        """
        from lakehouse import writing

        writing.replace(self, table, rows, sorted(nights))

    def append_once(self, table: Table, rows: pa.Table, token: str) -> bool:
        """Append rows unless this token was appended before, also by a task running beside us.

        Returns whether it did. The token is a Delta transaction id, so a replay adds nothing.
        """
        from lakehouse import writing

        return writing.append_once(self, table, rows, token)

    def appended(self, table: Table, token: str) -> bool:
        """Whether `append_once` wrote this token before."""
        return self.exists(table) and self._delta(table).transaction_version(token) is not None

    def merge(self, table: Table, rows: pa.Table) -> None:
        """Update the rows whose key the table holds and insert the others, all or nothing.

        The key of a snapshot table is that of one night: its night belongs to it.
        """
        from lakehouse import writing

        writing.merge(self, table, rows)

    def exists(self, table: Table) -> bool:
        """Whether the table was ever written."""
        from deltalake import DeltaTable

        return bool(DeltaTable.is_deltatable(self.address(table)))

    def schema(self, table: Table) -> pa.Schema:
        """The columns that the table has in the lake, which a check compares with the catalog's."""
        import pyarrow as pa

        return pa.schema(self._delta(table).schema().to_arrow())

    def files(self, table: Table, version: int | None = None) -> list[str]:
        """The live Parquet files of a version: a Delta folder also holds replaced ones."""
        return sorted(self._delta(table, version).file_uris())

    def version(self, table: Table) -> int | None:
        """The newest version of a table, or None before its first write."""
        return int(self._delta(table).version()) if self.exists(table) else None

    def versions(self, table: Table) -> list[dict[str, object]]:
        """Every version that the log still names, newest first: version, time, operation."""
        return list(self._delta(table).history())

    def nights(self, table: Table, version: int | None = None) -> list[date]:
        """The nights that the table holds, in order; a snapshot's may have no rows."""
        return sorted(self.row_counts(table, version))

    def row_counts(self, table: Table, version: int | None = None) -> dict[date, int]:
        """How many rows each night holds, now or at a version, from the log alone."""
        if not self.exists(table):
            return {}
        import pyarrow as pa

        added = pa.table(self._delta(table, version).get_add_actions(flatten=True))
        counts: dict[date, int] = {}
        nights = added["partition.night"].cast(pa.date32()).to_pylist()
        for night, rows in zip(nights, added["num_records"].to_pylist(), strict=True):
            counts[night] = counts.get(night, 0) + rows
        return counts

    def newest_night(self, table: Table, night: date, version: int | None = None) -> date | None:
        """The newest night of a table that is not later than this one."""
        return max((n for n in self.nights(table, version) if n <= night), default=None)

    def address(self, table: Table) -> str:
        """The location as engines other than Spark spell it."""
        return self.location(table).replace("s3a://", "s3://")

    def _delta(self, table: Table, version: int | None = None) -> DeltaTable:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError

        try:
            return DeltaTable(self.address(table), version=version)
        except DeltaError as error:
            raise BrokenFile(f"{table.name}, or of its log,", str(error).splitlines()[0]) from error
