"""Write to DynamoDB: several requests under way, their bodies written here.

boto3 spends more on building a request of 25 puts than DynamoDB on carrying it out. Puts of one
shape need none of that, so their JSON is joined from bytes and handed over by boto3's own events,
before it signs, sends and retries as ever.
"""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from random import SystemRandom
from typing import TYPE_CHECKING, Any, TypeVar

from lakehouse.errors import MarqueeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from mypy_boto3_dynamodb.client import DynamoDBClient

Item = tuple[str, bytes, bytes]
"""Shard, key and record."""
Items = list[Item]
Thing = TypeVar("Thing")

ITEMS_A_REQUEST = 25
REQUESTS_AT_ONCE = 16
"""A request spends most of its time in the network."""
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
    client = boto3.client("dynamodb", config=Config(
        retries={"mode": "standard", "max_attempts": attempts},
        connect_timeout=seconds, read_timeout=seconds,
        max_pool_connections=REQUESTS_AT_ONCE, parameter_validation=False,
        user_agent="marquee",  # boto3 puts its own together anew for every request, a tenth of its time
    ))  # fmt: skip
    client.meta.events.register("before-parameter-build.dynamodb.BatchWriteItem", _take_body)
    client.meta.events.register("before-call.dynamodb.BatchWriteItem", _give_body)
    return client


def _take_body(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    for table, requests in params["RequestItems"].items():
        if isinstance(requests, bytes):
            context["body"], params["RequestItems"] = requests, {table: []}


def _give_body(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    params["body"] = context.get("body", params["body"])


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


def write_all(
    client: DynamoDBClient, table: str, batches: Iterable[Items], gone_after: int
) -> None:
    """Write every item; the batches are asked for as fast as they are written."""
    _send(client, ({table: put_body(table, some, gone_after)} for some in _chunks(batches)))


def delete_all(client: DynamoDBClient, table: str, keys: Iterable[list[dict[str, Any]]]) -> None:
    """Delete the items of these keys, which come in batches, too."""
    _send(client, (
        {table: [{"DeleteRequest": {"Key": key}} for key in some]} for some in _chunks(keys)
    ))  # fmt: skip


def _chunks(batches: Iterable[list[Thing]]) -> Iterator[list[Thing]]:
    """As many as a request holds."""
    for batch in batches:
        for at in range(0, len(batch), ITEMS_A_REQUEST):
            yield batch[at : at + ITEMS_A_REQUEST]


def put_body(table: str, items: Items, gone_after: int) -> bytes:
    """The JSON of one BatchWriteItem that puts these items."""
    puts = b",".join(
        b'{"PutRequest":{"Item":{"shard":{"S":%b},"name":{"B":"%b"},"record":{"B":"%b"},'
        b'"gone_after":{"N":"%d"}}}}'
        % (json.dumps(shard).encode(), b64encode(key), b64encode(record), gone_after)
        for shard, key, record in items
    )
    return b'{"RequestItems":{%b:[%b]}}' % (json.dumps(table).encode(), puts)


def _send(client: DynamoDBClient, requests: Iterable[dict[str, Any]]) -> None:
    """Send requests, REQUESTS_AT_ONCE at a time; the first that fails ends it."""

    def ask(request: dict[str, Any]) -> dict[str, Any]:
        return client.batch_write_item(RequestItems=request)["UnprocessedItems"]

    under_way: deque[Future[None]] = deque()
    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        for request in requests:
            under_way.append(pool.submit(until_done, ask, request))
            if len(under_way) > 2 * REQUESTS_AT_ONCE:
                under_way.popleft().result()
        while under_way:
            under_way.popleft().result()
