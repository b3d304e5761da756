"""Write to DynamoDB from several processes, each with several requests under way."""

from __future__ import annotations

import os
import time
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from random import SystemRandom
from threading import Thread
from typing import TYPE_CHECKING, Any

from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mypy_boto3_dynamodb.client import DynamoDBClient

Item = tuple[str, bytes, bytes]
"""Shard, key and record."""
Items = list[Item]

ITEMS_A_PUT = 25
ITEMS_A_TASK = 500
"""What one process is handed at once: small beside a version, large beside the hand-over."""
REQUESTS_AT_ONCE = 4
"""For each process: a request spends most of its time in the network."""
WRITERS = min(8, 2 * (os.cpu_count() or 1))
FEWEST_FOR_PROCESSES = 5_000
"""A process takes a second to start, in which one alone writes this many."""
MOST_TRIES = 12
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 5.0


class Throttled(MarqueeError):
    """DynamoDB left something undone again and again."""

    def __init__(self, left: int) -> None:
        super().__init__(
            f"DynamoDB left {left:,} requests undone after {MOST_TRIES} tries, so the version is "
            "not complete and readers stay on the live one: raise the table's capacity, then run "
            "export.publish_pages for this night again."
        )


def new_client(patient: bool = True) -> DynamoDBClient:
    """A client from boto3's own environment; an impatient one gives up after a second."""
    import boto3
    from botocore.config import Config

    seconds, attempts = (10.0, 5) if patient else (0.5, 2)
    return boto3.client("dynamodb", config=Config(
        retries={"mode": "standard", "max_attempts": attempts},
        connect_timeout=seconds, read_timeout=seconds,
        max_pool_connections=16, parameter_validation=False,
    ))  # fmt: skip


def until_done(
    ask: Callable[[dict[str, Any]], dict[str, Any]],
    request: dict[str, Any],
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Ask again for what was left undone, after pauses that grow and are drawn at random.

    "Full jitter": every pause is uniform between nothing and the longest, so that writers that
    were throttled together do not come back together. Raises Throttled after MOST_TRIES.
    """
    draw = SystemRandom().uniform
    for attempt in range(MOST_TRIES):
        request = ask(request)
        if not request:
            return
        pause(draw(0.0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)))
    raise Throttled(sum(len(left) for left in request.values()))


def write_all(table: str, batches: Iterable[Items], gone_after: int) -> None:
    """Write every item: alone while they are few, then in processes beside this one."""
    tasks = (batch[at : at + ITEMS_A_TASK] for batch in batches
             for at in range(0, len(batch), ITEMS_A_TASK))  # fmt: skip
    first: list[Items] = []
    for task in tasks:
        first.append(task)
        if len(first) * ITEMS_A_TASK > FEWEST_FOR_PROCESSES:
            _write_in_processes(table, _chained(first, tasks), gone_after)
            return
    for task in first:
        _write(table, task, gone_after)


def _chained(first: list[Items], rest: Iterable[Items]) -> Iterator[Items]:
    yield from first
    yield from rest


def _write_in_processes(table: str, tasks: Iterable[Items], gone_after: int) -> None:
    waiting: deque[Future[None]] = deque()
    with ProcessPoolExecutor(WRITERS, get_context("spawn"), _end_with_parent) as pool:
        for task in tasks:
            waiting.append(pool.submit(_write, table, task, gone_after))
            if len(waiting) > 2 * WRITERS:
                waiting.popleft().result()
        while waiting:
            waiting.popleft().result()


def _end_with_parent() -> None:
    """A publisher that is killed must not leave writers behind, waiting for ever."""
    parent = parent_process()
    if parent is None:
        return

    def watch(sentinel: int) -> None:
        wait([sentinel])
        os._exit(1)

    Thread(target=watch, args=(parent.sentinel,), daemon=True).start()


_clients: dict[int, tuple[DynamoDBClient, ThreadPoolExecutor]] = {}


def _write(table: str, items: Items, gone_after: int) -> None:
    """Write items from this process, REQUESTS_AT_ONCE at a time."""
    if os.getpid() not in _clients:
        _clients[os.getpid()] = (new_client(), ThreadPoolExecutor(REQUESTS_AT_ONCE))
    client, pool = _clients[os.getpid()]
    removed = {"N": str(gone_after)}
    puts = [
        {"PutRequest": {"Item": {
            "shard": {"S": shard}, "name": {"B": key}, "record": {"B": record},
            "gone_after": removed,
        }}}
        for shard, key, record in items
    ]  # fmt: skip
    _send(table, client, pool, puts)


def delete_all(table: str, client: DynamoDBClient, items: list[dict[str, Any]]) -> None:
    """Delete the items of these keys."""
    deletes = [{"DeleteRequest": {"Key": item}} for item in items]
    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        _send(table, client, pool, deletes)


def _send(
    table: str, client: DynamoDBClient, pool: ThreadPoolExecutor, requests: list[dict[str, Any]]
) -> None:
    def ask(request: dict[str, Any]) -> dict[str, Any]:
        return client.batch_write_item(RequestItems=request)["UnprocessedItems"]

    def send(at: int) -> None:
        until_done(ask, {table: requests[at : at + ITEMS_A_PUT]})

    list(pool.map(send, range(0, len(requests), ITEMS_A_PUT)))
