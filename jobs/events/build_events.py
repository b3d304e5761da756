"""Landed lines become typed events, each once; what breaks the contract is set aside."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.catalog import EVENT_COUNTS, EVENT_TYPES, EVENTS, LANDED, REJECTED_EVENTS
from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from datetime import date

    from pyspark.sql import Column

    from lakehouse.tables import Lake

logger = logging.getLogger(__name__)

CLOCK_SKEW = timedelta(minutes=5)
LONGEST_ID = 256  # bytes; the key of an LMDB record holds 511 at most
TEXT = (
    "event_id", "type", "profile_id", "title_id", "event_time", "known_time",
    "device", "region", "seconds", "shown_version", "shown_stamp", "shown_row", "shown_slot",
)  # fmt: skip


class LostLines(MarqueeError):
    """The counts of a night do not add up."""

    def __init__(self, night: date, landed: int, accounted: int) -> None:
        super().__init__(
            f"Of {landed:,} lines landed for {night}, {accounted:,} became events, rejects or "
            "duplicates, so the night is not used: rerun events_daily for it, and report this if "
            "it happens again."
        )


def parsed(landed: DataFrame) -> DataFrame:
    """The fields of each line as text, typed where they can be, with a reason where they cannot."""
    schema = ", ".join(f"{name} STRING" for name in TEXT)
    fields = F.from_json("raw", schema)
    told = landed.select("*", *(F.nullif(fields[name], F.lit("")).alias(name) for name in TEXT))
    # a log without known time was known when the night ended that it was landed for
    night_end = F.to_timestamp(F.col("landed_for")) + F.expr("INTERVAL 86399 SECONDS")
    event_time, known_time = instant("event_time"), instant("known_time")
    typed = told.select(
        *("raw", "file", "file_hash", "line", "landed_for", "night"),
        *("event_id", "type", "profile_id", "title_id", "device", "region"),
        event_time.alias("event_time"),
        F.when(F.col("known_time").isNull(), night_end).otherwise(known_time).alias("known_time"),
        *("shown_version", "shown_stamp", "shown_row"),
        F.col("seconds").try_cast("double").alias("seconds"),
        F.col("shown_slot").try_cast("int").alias("shown_slot"),
        F.col("seconds").isNotNull().alias("seconds_said"),
        F.col("shown_slot").isNotNull().alias("slot_said"),
        F.try_parse_json("raw").isNotNull().alias("is_json"),
    )
    return typed.withColumn("reason", reason())


def instant(name: str) -> Column:
    """A time of ISO 8601 text; anything else, a bare year or number included, is null."""
    return F.when(
        F.col(name).rlike(r"^\d{4}-\d\d-\d\d[T ]\d\d:"), F.col(name).try_cast("timestamp")
    )


def reason() -> Column:
    """Why a line is no event, in one sentence; null where it is one."""
    broken: list[tuple[Column, str]] = [(~F.col("is_json"), "The line is not JSON in UTF-8.")]
    broken += [
        (F.col(name).isNull(), f"It has no {name}.") for name in ("event_id", "type", "profile_id")
    ]
    broken += [
        (~F.col("type").isin(*EVENT_TYPES), "Its type is not one of the vocabulary."),
        (F.col("title_id").isNull() & (F.col("type") != "search"), "It has no title_id."),
        *(
            (F.octet_length(name) > LONGEST_ID, f"Its {name} is over {LONGEST_ID} bytes long.")
            for name in ("event_id", "profile_id", "title_id")
        ),
        (F.col("event_time").isNull(), "Its event_time is not an ISO 8601 time."),
        (F.col("known_time").isNull(), "Its known_time is not an ISO 8601 time."),
        (
            F.col("event_time") > F.col("known_time") + F.lit(CLOCK_SKEW),
            "Its event_time is more than five minutes after its known_time.",
        ),
        (
            F.col("seconds_said") & ~F.coalesce(F.col("seconds").between(0, 1e9), F.lit(False)),
            "Its seconds are not a number of 0 or more.",
        ),
        (
            F.col("slot_said") & ~F.coalesce(F.col("shown_slot") >= 0, F.lit(False)),
            "Its shown_slot is not a whole number of 0 or more.",
        ),
    ]
    chosen = F.lit(None).cast("string")
    for condition, sentence in reversed(broken):
        chosen = F.when(condition, sentence).otherwise(chosen)
    return chosen


def first_copies(lines: DataFrame, known_before: DataFrame) -> DataFrame:
    """Mark each good line that is a copy: players resend events after a lost connection.

    The copy that could be processed first stays, so that a late file changes no other night, and
    building everything anew from the landed lines gives the same events.
    """
    first = Window.partitionBy("event_id").orderBy(
        F.greatest("landed_for", "night"), "night", "file_hash", "line"
    )
    good = lines.where("reason IS NULL").withColumn("place", F.row_number().over(first))
    before = known_before.select("event_id", F.lit(True).alias("seen_before"))
    return good.join(before, "event_id", "left").withColumn(
        "is_copy", (F.col("place") > 1) | F.col("seen_before").isNotNull()
    )


def counts(lines: DataFrame, copies: DataFrame) -> DataFrame:
    """Lines in and out, a row a night, each counted on its own so that a loss shows."""
    judged = lines.groupBy("night").agg(
        F.count("*").alias("landed"), F.count("reason").alias("rejected")
    )
    kept = copies.groupBy("night").agg(
        F.count_if(~F.col("is_copy")).alias("events"), F.count_if("is_copy").alias("duplicates")
    )
    return judged.join(kept, "night", "left").fillna(0)


def pending_nights(lake: Lake, night: date) -> list[date]:
    """This night, and every one before whose landed lines are not all accounted for."""
    landed = {n: rows for n, rows in lake.row_counts(LANDED).items() if n <= night}
    accounted: dict[date, int] = {}
    if lake.exists(EVENT_COUNTS):
        told = lake.arrow(EVENT_COUNTS, columns=["night", "landed"]).to_pylist()
        accounted = {row["night"]: row["landed"] for row in told}
    return sorted({night} | {n for n, rows in landed.items() if accounted.get(n) != rows})


def main(lake: Lake, night: date) -> None:
    """Build the nights whose lines are new; raises LostLines unless every line is accounted for."""
    nights = pending_nights(lake, night)
    lines = parsed(lake.read(LANDED, night).where(F.col("night").isin(nights))).cache()
    copies = first_copies(lines, lake.read(EVENTS).where(~F.col("night").isin(nights))).cache()
    told = with_empty(counts(lines, copies).toArrow(), nights)
    require_all(told)
    total = sum(told["landed"].to_pylist())
    rejected = lines.where("reason IS NOT NULL").select(*REJECTED_EVENTS.column_types)
    lake.write_nights(REJECTED_EVENTS, lake.settled(rejected, total), nights)
    events = copies.where(~F.col("is_copy")).select(*EVENTS.column_types)
    lake.write_nights(EVENTS, lake.settled(events, total), nights)
    # last: a night without counts is built again
    lake.write_nights(EVENT_COUNTS, told, nights)
    logger.info("%s lines of %s nights", f"{total:,}", len(nights))


def require_all(told: pa.Table) -> None:
    """Raise LostLines unless every night's lines are events, rejects or duplicates."""
    for row in told.to_pylist():
        accounted = row["events"] + row["rejected"] + row["duplicates"]
        if accounted != row["landed"]:
            raise LostLines(row["night"], row["landed"], accounted)


def with_empty(told: pa.Table, nights: list[date]) -> pa.Table:
    """The counts with a row of zeros for a night without lines: such a night is valid."""
    by_night = {row["night"]: row for row in told.to_pylist()}
    nothing = {"landed": 0, "events": 0, "rejected": 0, "duplicates": 0}
    return pa.Table.from_pylist([by_night.get(n, {"night": n, **nothing}) for n in nights])
