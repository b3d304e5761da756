"""Keep versions in one DynamoDB table: an item a record, and a board item moved conditionally.

    shard (partition key, S)      <version>/<bucket>, or "board"
    name (sort key, B)            the key of the record
    record (B)                    the record
    gone_after (N)                when DynamoDB may remove it: the table's TTL attribute

A version is spread over buckets by the CRC-32 of the key, so that no partition is hot and yet a
query per bucket lists exactly one version: nothing ever scans the table. TTL removal can be days
late or never; readers look at the expiry on the board. Address, region and credentials come from
boto3's own environment variables, such as AWS_ENDPOINT_URL_DYNAMODB.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from zlib import crc32

from botocore.exceptions import BotoCoreError, ClientError

from serving_export.errors import BoardMoved, StoreFailed, VersionInUse
from serving_export.stores.board import Board, read_board
from serving_export.stores.dynamodb_writing import delete_all, new_client, until_done, write_all
from serving_export.stores.store import IN_USE

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from mypy_boto3_dynamodb.client import DynamoDBClient

    from serving_export.parts import Source
    from serving_export.stores.store import Records

log = logging.getLogger(__name__)

BUCKETS = 64
"""Enough for 64,000 writes a second at 1,000 a partition."""
KEYS_A_GET = 100
QUERIES_AT_ONCE = 8
BOARD_SECONDS = 2.0
"""How long a reader may go on with a board that it has seen."""
KEPT_SECONDS = 30 * 86_400
"""TTL of a record: far beyond its expiry and any rollback, it only sweeps what nobody pruned."""
BOARD_KEY: dict[str, Any] = {"shard": {"S": "board"}, "name": {"B": b"board"}}
COLUMNS = {"#s": "shard", "#n": "name", "#r": "record"}
"""Some of these words are reserved in DynamoDB's expressions."""


class DynamoStore:
    """Versions in a table; one object for each process."""

    def __init__(self, table: str, patient: bool = True) -> None:
        self._table = table
        self._patient = patient
        self.place = f"dynamodb://{table}"

    @cached_property
    def _client(self) -> DynamoDBClient:
        with self._failing():
            return new_client(self._patient)

    def board(self) -> Board:
        """Read the board item; a table that is not there holds no versions."""
        try:
            found = self._client.get_item(
                TableName=self._table, Key=BOARD_KEY, ConsistentRead=True
            ).get("Item")
        except self._client.exceptions.ResourceNotFoundException:
            return Board()
        except (BotoCoreError, ClientError) as broken:
            raise StoreFailed(self.place, broken) from None
        return read_board(self.place, found["board"]["S"]) if found else Board()

    def post(self, board: Board) -> None:
        """Put the board item on the condition that its revision is the one before."""
        revision = {"N": str(board.revision)}
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**BOARD_KEY, "board": {"S": board.to_json()}, "revision": revision},
                ConditionExpression="attribute_not_exists(#s) OR #r = :seen",
                ExpressionAttributeNames={"#s": "shard", "#r": "revision"},
                ExpressionAttributeValues={":seen": {"N": str(board.revision - 1)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise BoardMoved(self.place) from None
        except (BotoCoreError, ClientError) as broken:
            raise StoreFailed(self.place, broken) from None

    def tick(self) -> Hashable:
        """A new number every BOARD_SECONDS: asking the table on every read would double its cost."""
        return int(time.monotonic() / BOARD_SECONDS)

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Make the table if missing. Two writers of one version write the same bytes; the board's
        condition keeps their swaps apart."""
        with self._failing():
            self._make_table()
        yield

    def put(self, version: str, batches: Iterable[Records]) -> None:
        """Write many at once; the same records go over those of a killed run."""
        entry = self.board().entry(version)
        if entry and entry.state in IN_USE:
            raise VersionInUse(version, entry.state)
        items = ([(_shard(version, key), key, record) for key, record in b] for b in batches)
        with self._failing():
            write_all(self._client, self._table, items, int(time.time()) + KEPT_SECONDS)

    def source(self, version: str) -> Source:
        """Look up keys by GetItem or BatchGetItem."""
        return partial(self._get, version)

    def scan(self, version: str) -> Iterator[tuple[bytes, bytes]]:
        """Every record of the version, bucket by bucket, as it stands now."""
        with ThreadPoolExecutor(QUERIES_AT_ONCE) as pool, self._failing():
            for items in pool.map(partial(self._query, version, "#s, #n, #r"), range(BUCKETS)):
                yield from ((item["name"]["B"], item["record"]["B"]) for item in items)

    def drop(self, version: str) -> None:
        """Delete every item of the version."""
        with ThreadPoolExecutor(QUERIES_AT_ONCE) as pool, self._failing():
            keys = pool.map(partial(self._query, version, "#s, #n"), range(BUCKETS))
            delete_all(self._client, self._table, keys)

    def _get(self, version: str, keys: list[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        once = list(dict.fromkeys(keys))  # DynamoDB refuses a key that is asked for twice
        with self._failing():
            for at in range(0, len(once), KEYS_A_GET):
                wanted = [_item_key(version, key) for key in once[at : at + KEYS_A_GET]]
                for item in self._items(wanted):
                    found[item["name"]["B"]] = item["record"]["B"]
        return found

    def _items(self, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(wanted) == 1:
            answer = self._client.get_item(TableName=self._table, Key=wanted[0])
            return [answer["Item"]] if "Item" in answer else []
        found: list[dict[str, Any]] = []

        def ask(request: dict[str, Any]) -> dict[str, Any]:
            answer = self._client.batch_get_item(RequestItems=request)
            found.extend(answer["Responses"].get(self._table, []))
            return answer["UnprocessedKeys"]

        until_done(ask, {self._table: {"Keys": wanted}})
        return found

    def _query(self, version: str, columns: str, bucket: int) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="#s = :shard",
            ProjectionExpression=columns,
            ExpressionAttributeNames={name: COLUMNS[name] for name in columns.split(", ")},
            ExpressionAttributeValues={":shard": {"S": f"{version}/{bucket:02d}"}},
            ConsistentRead=True,
        )
        return [dict(item) for page in pages for item in page["Items"]]

    def _make_table(self) -> None:
        try:
            self._client.describe_table(TableName=self._table)
            return
        except self._client.exceptions.ResourceNotFoundException:
            pass
        try:
            self._client.create_table(
                TableName=self._table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[
                    {"AttributeName": "shard", "AttributeType": "S"},
                    {"AttributeName": "name", "AttributeType": "B"},
                ],
                KeySchema=[
                    {"AttributeName": "shard", "KeyType": "HASH"},
                    {"AttributeName": "name", "KeyType": "RANGE"},
                ],
            )
        except self._client.exceptions.ResourceInUseException:
            log.info("Another writer makes the table %s at this moment", self._table)
        self._client.get_waiter("table_exists").wait(TableName=self._table)
        self._client.update_time_to_live(
            TableName=self._table,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "gone_after"},
        )

    @contextmanager
    def _failing(self, *others: type[Exception]) -> Iterator[None]:
        expected: tuple[type[Exception], ...] = (BotoCoreError, ClientError, *others)
        try:
            yield
        except expected as broken:
            raise StoreFailed(self.place, broken) from None


def _shard(version: str, key: bytes) -> str:
    return f"{version}/{crc32(key) % BUCKETS:02d}"


def _item_key(version: str, key: bytes) -> dict[str, Any]:
    return {"shard": {"S": _shard(version, key)}, "name": {"B": key}}
