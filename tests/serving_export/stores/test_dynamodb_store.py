"""What only a table must keep: what is left undone is asked again, pages of answers join, TTL is on."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.serialize import JSONSerializer
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from serving_export.stores import dynamodb_store
from serving_export.stores.dynamodb_store import DynamoStore
from serving_export.stores.dynamodb_writing import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    MOST_TRIES,
    Throttled,
    new_client,
    put_body,
    until_done,
)
from serving_export.verify import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.awsrequest import AWSPreparedRequest


def leaving(*left: list[str]) -> tuple[Callable[[dict[str, Any]], dict[str, Any]], list[Any]]:
    """A table that leaves these undone, one answer after the other, and what it was asked."""
    answers, asked = iter(left), []

    def ask(request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request)
        undone = next(answers)
        return {"pages": undone} if undone else {}

    return ask, asked


def test_only_what_was_left_undone_is_asked_again() -> None:
    ask, asked = leaving(["b", "c"], ["c"], [])
    until_done(ask, {"pages": ["a", "b", "c"]}, pause=lambda _: None)
    assert asked == [{"pages": ["a", "b", "c"]}, {"pages": ["b", "c"]}, {"pages": ["c"]}]


def test_pauses_grow_up_to_a_limit_and_differ_between_writers() -> None:
    # writers that were throttled together must not come back together
    runs = []
    for _ in range(200):
        pauses: list[float] = []
        ask, _ = leaving(*[["a"]] * (MOST_TRIES - 1), [])
        until_done(ask, {"pages": ["a"]}, pause=pauses.append)
        runs.append(pauses)
    for attempt, drawn in enumerate(zip(*runs, strict=True)):
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)
        assert 0.0 <= min(drawn) < longest / 4
        assert longest / 2 < max(drawn) <= longest
        assert len(set(drawn)) > 100


def test_a_table_that_never_finishes_is_given_up_in_one_sentence() -> None:
    ask, asked = leaving(*[["a", "b"]] * MOST_TRIES)
    with pytest.raises(Throttled, match="left 2 requests undone after 12 tries"):
        until_done(ask, {"pages": ["a", "b"]}, pause=lambda _: None)
    assert len(asked) == MOST_TRIES


NAMES = st.text(min_size=1, max_size=12)
RECORDS = st.binary(max_size=40)


@given(NAMES, st.lists(st.tuples(NAMES, RECORDS, RECORDS), min_size=1, max_size=3))
def test_a_body_written_here_says_what_boto3_would_say(
    table: str, items: list[tuple[str, bytes, bytes]]
) -> None:
    # quotes, control characters and what lies beyond ASCII must not break out of their string
    puts = [
        {"PutRequest": {"Item": {
            "shard": {"S": shard}, "name": {"B": key}, "record": {"B": record},
            "gone_after": {"N": "7"},
        }}}
        for shard, key, record in items
    ]  # fmt: skip
    model = get_session().get_service_model("dynamodb").operation_model("BatchWriteItem")
    told = JSONSerializer().serialize_to_request({"RequestItems": {table: puts}}, model)
    assert json.loads(put_body(table, items, 7)) == json.loads(told["body"])


def test_a_body_written_here_is_sent_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    # and what was left undone, which boto3 has read, is written by boto3 again
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "local")
    sent: list[bytes] = []

    def stop(request: AWSPreparedRequest, **_: Any) -> None:
        sent.append(request.body)
        raise EndpointConnectionError(endpoint_url="nowhere")

    client = new_client()
    client.meta.events.register("before-send.dynamodb.BatchWriteItem", stop)
    for requests in (b"ours", []):
        with pytest.raises(EndpointConnectionError):
            client.batch_write_item(RequestItems={"pages": requests})  # type: ignore[dict-item]
    assert set(sent) == {b"ours", b'{"RequestItems": {"pages": []}}'}


@pytest.fixture
def table(dynamodb: None) -> str:
    return f"pages-{uuid4().hex}"


@pytest.mark.service
def test_more_than_one_answer_holds_is_asked_for_until_all_is_there(table: str) -> None:
    # 60 records of 300 KB: BatchGetItem stops at 16 MB and names the keys it left
    records = [(f"z{number:04d}".encode(), os.urandom(300_000)) for number in range(60)]
    store = DynamoStore(table)
    with store.publishing():
        store.put("v1", [records])
    assert store.source("v1")([key for key, _ in records]) == dict(records)


@pytest.mark.service
def test_a_bucket_of_more_than_one_page_is_read_to_its_end(
    table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a query stops at 1 MB; here all of 3 MB lie in one bucket
    monkeypatch.setattr(dynamodb_store, "BUCKETS", 1)
    records = [(f"z{number:04d}".encode(), os.urandom(300_000)) for number in range(10)]
    store = DynamoStore(table)
    with store.publishing():
        store.put("v1", [records])
    assert sorted(store.scan("v1")) == records
    store.drop("v1")
    assert list(store.scan("v1")) == []


@pytest.mark.service
def test_many_requests_at_once_write_every_record_once(table: str) -> None:
    records = [(f"p{number:06d}".encode(), os.urandom(50)) for number in range(8000)]
    store, written, held = DynamoStore(table), Tally(), Tally()
    with store.publishing():
        store.put("v1", written.passing([records[:3000], records[3000:]]))
    held.add(store.scan("v1"))
    assert held == written
    assert held.records == 8000


@pytest.mark.service
def test_the_table_sweeps_what_nobody_pruned(table: str) -> None:
    store = DynamoStore(table)
    with store.publishing():
        store.put("v1", [[(b"p1", b"x")]])
    client = boto3.client("dynamodb")
    ttl = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "gone_after"}
    (item,) = client.scan(TableName=table)["Items"]
    days = (int(item["gone_after"]["N"]) - time.time()) / 86_400
    assert 29.9 < days <= 30.0  # far beyond any expiry: it must never take what is live
