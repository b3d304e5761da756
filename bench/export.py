"""Measure publishing: pages a second into LMDB and DynamoDB Local, bytes a page, swap and rollback.

The pages are made, ten rows of twenty titles out of 10,000. Peers in the same run: LMDB's own puts
of records that are ready, compact JSON of the same fields, boto3's batch_writer. Timings alternate
between ours and the peer, and the best of each counts: whatever else the machine does is not ours.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import lmdb

from bench import made_pages
from serving_export.draft import Draft
from serving_export.manifest import Manifest
from serving_export.publish import Night, Terms, publish
from serving_export.stores.dynamodb_store import DynamoStore
from serving_export.stores.lmdb_store import LmdbStore
from serving_export.verify import Tally
from serving_export.versions import rollback
from tests.serving_export.dynamodb_local import dynamodb_local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PROFILES = 100_000
DYNAMO_PROFILES = 40_000
PEER_PROFILES = 10_000
"""batch_writer writes from one thread at one rate, however many pages there are."""
SAMPLED_JSON = 2_000
ROUNDS = 3
TERMS = Terms(lifetime_seconds=3600.0, kept_versions=3)
Records = list[tuple[bytes, bytes]]


def main() -> list[dict[str, Any]]:
    """Rows of ratios: the folder first, then the table."""
    night = made_pages.night(PROFILES)
    with tempfile.TemporaryDirectory() as scratch:
        rows = [*folder_rows(night, Path(scratch)), *swap_rows(night, Path(scratch) / "pages")]
    rows += dynamodb_rows()
    for row in rows:
        print(" | ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    return rows


def draft_of(night: Night, version: str = "v1") -> Draft:
    """The night as a version of some name."""
    return Draft(
        version, night.manifest.stamp, night.night, night.pages, night.titles, night.sources,
        night.manifest.to_json(),
    )  # fmt: skip


def best(*contestants: Callable[[], object]) -> list[float]:
    """The shortest time of each in seconds, the contestants taking turns."""
    times = [[timed(contestant) for contestant in contestants] for _ in range(ROUNDS)]
    return [min(column) for column in zip(*times, strict=True)]


def timed(contestant: Callable[[], object]) -> float:
    start = time.perf_counter()
    contestant()
    return time.perf_counter() - start


def folder_rows(night: Night, scratch: Path) -> list[dict[str, Any]]:
    """Export into LMDB against raw puts and against JSON, in time and in bytes."""
    records = [record for batch in draft_of(night).records() for record in batch]
    store = LmdbStore(scratch / "ours")
    texts = json_texts(night)
    pages = night.pages.num_rows

    def ours() -> None:
        store.put("v1", draft_of(night).records())

    def raw() -> None:
        put_all(scratch / "raw", records)

    ours_seconds, raw_seconds = best(ours, raw)
    json_seconds = timed(lambda: put_all(scratch / "json", json_records(night, SAMPLED_JSON)))
    written = Tally()
    written.add(records)
    each, text_each = written.page_bytes / pages, sum(map(len, texts)) / len(texts)
    return [
        {
            "name": f"export of {pages:,} pages into LMDB, encoding included",
            "ours": f"{pages / ours_seconds:,.0f}/s",
            "peer": f"raw puts of ready records {pages / raw_seconds:,.0f}/s",
            "ratio": f"{raw_seconds / ours_seconds:.2f}",
            "target": ">= 150,000/s",
        },
        {
            "name": "the same against compact JSON into LMDB",
            "ours": f"{pages / ours_seconds:,.0f}/s",
            "peer": f"json.dumps {SAMPLED_JSON / json_seconds:,.0f}/s",
            "ratio": f"{pages / ours_seconds / (SAMPLED_JSON / json_seconds):.1f}",
        },
        {
            "name": "bytes of a page",
            "ours": f"{each:,.0f}",
            "peer": f"compact json.dumps {text_each:,.0f}",
            "ratio": f"1/{text_each / each:.1f}",
            "target": "<= 1/4",
        },
    ]


def put_all(folder: Path, records: Iterable[tuple[bytes, bytes]]) -> None:
    """LMDB at its fastest: ready records, in order, in one transaction."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with lmdb.open(str(folder), map_size=1 << 34, sync=False, lock=False) as environment:
        with environment.begin(write=True) as transaction, transaction.cursor() as cursor:
            cursor.putmulti(records, append=True)
        environment.sync(True)


def json_texts(night: Night) -> list[bytes]:
    """Pages as compact JSON of the fields of a record; a chance has as few digits as it needs."""
    stamp, day = night.manifest.stamp, str(night.night)
    texts = []
    for page in night.pages.slice(0, SAMPLED_JSON).to_pylist():
        for row in page["rows"]:
            row["propensities"] = [round(chance, 6) for chance in row["propensities"]]
        told = {
            "schema": 1, "version": f"{day}-{stamp[:12]}", "stamp": stamp, "night": day,
            "region": page["region"], "popular": page["popular"], "rows": page["rows"],
        }  # fmt: skip
        texts.append(json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode())
    return texts


def json_records(night: Night, count: int) -> Iterable[tuple[bytes, bytes]]:
    """JSON pages with their keys, encoded while they are put."""
    keys = night.pages.column("profile_id").slice(0, count).to_pylist()
    return zip((key.encode() for key in keys), json_texts(night), strict=True)


def swap_rows(night: Night, folder: Path) -> list[dict[str, Any]]:
    """A whole publication, then the swap and the rollback that readers see of it."""
    store = LmdbStore(folder)
    publish(store, night, TERMS)
    tomorrow = night.night + timedelta(days=1)
    other = replace(night, night=tomorrow, manifest=Manifest({"night": str(tomorrow)}, {}))
    posts: list[float] = []
    post = store.post

    def timed_post(board: Any) -> None:
        posts.append(timed(lambda: post(board)))

    store.post = timed_post  # type: ignore[method-assign]
    whole = timed(lambda: publish(store, other, TERMS))
    back = timed(lambda: rollback(store))
    pages = night.pages.num_rows
    return [
        {
            "name": f"publication of {pages:,} pages: written, read back, sampled, swapped",
            "ours": f"{whole:.2f} s, {pages / whole:,.0f}/s",
        },
        {"name": "swap", "ours": f"{max(posts) * 1e3:.1f} ms", "target": "< 1 s"},
        {"name": "rollback", "ours": f"{back * 1e3:.1f} ms", "target": "< 5 s"},
    ]


def dynamodb_rows() -> list[dict[str, Any]]:
    """Ready records into DynamoDB Local by our writers and by boto3's batch_writer, in turns.

    The best turn of each counts: a Java server that has just started is slow to whoever is first.
    """
    night = made_pages.night(DYNAMO_PROFILES)
    batches = list(draft_of(night).records())
    records = [record for batch in batches for record in batch]
    with dynamodb_local() as environment:
        os.environ.update(environment)
        store = DynamoStore("bench")
        with store.publishing():
            seconds = [
                (
                    timed(lambda: write_plainly(records[:PEER_PROFILES])),
                    timed(partial(store.put, f"v{turn}", batches)),
                )
                for turn in range(ROUNDS)
            ]
    peers, ours = zip(*seconds, strict=True)
    ours_rate, peer_rate = len(records) / min(ours), PEER_PROFILES / min(peers)
    return [
        {
            "name": f"{len(records):,} records into DynamoDB Local, best of {ROUNDS} turns",
            "ours": f"{ours_rate:,.0f}/s",
            "peer": f"batch_writer {peer_rate:,.0f}/s",
            "ratio": f"{ours_rate / peer_rate:.2f}",
            "target": ">= 2.5",
        }
    ]


def write_plainly(records: Records) -> None:
    """What boto3's guide shows: one thread, one batch_writer."""
    with boto3.resource("dynamodb").Table("bench").batch_writer() as writer:
        for key, record in records:
            writer.put_item(Item={"shard": "plain", "name": key, "record": record})


if __name__ == "__main__":
    main()
    sys.exit()
