"""A file goes into S3 once, in bounded memory, and what S3 refuses is one sentence."""

from __future__ import annotations

import hashlib
import os
import tracemalloc
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from serving_export.titles.s3 import Bucket
from serving_export.titles.s3_errors import BucketFailed, ChangedOnTheWay
from tests.serving_export.s3_local import s3_local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from serving_export.titles.s3 import Found

MIB = 1 << 20
SMALLEST_PART = 5 * MIB  # S3 takes none below, but the last


@pytest.fixture(scope="module")
def s3() -> Iterator[None]:
    with s3_local():
        yield


@pytest.fixture
def bucket(s3: None) -> Bucket:
    """A new bucket, with a prefix."""
    name = f"films-{uuid4().hex[:12]}"
    made = Bucket(f"s3://{name}/of/films", SMALLEST_PART)
    made.client.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    return made


def written(file: Path, size: int) -> str:
    """A file of random bytes; its SHA-256."""
    file.write_bytes(os.urandom(size))
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.service
@pytest.mark.parametrize("size", [0, 1, SMALLEST_PART, SMALLEST_PART + 1, 2 * SMALLEST_PART])
def test_what_was_put_comes_back(bucket: Bucket, tmp_path: Path, size: int) -> None:
    sha256 = written(tmp_path / "a.MOV", size)
    bucket.put_once(sha256, tmp_path / "a.MOV", sha256)
    found = bucket.find(sha256)

    assert found is not None
    assert (found.bytes, found.suffix) == (size, ".mov")
    assert bucket.fetch(sha256, found, tmp_path / "back") == sha256
    assert bucket.uploads(sha256) == []


@pytest.mark.service
@pytest.mark.parametrize("size", [1000, SMALLEST_PART + 1])
def test_an_object_is_never_written_over(bucket: Bucket, tmp_path: Path, size: int) -> None:
    # another keeper is faster: it puts between our look and our write, so that only S3 can refuse
    sha256 = written(tmp_path / "a.mov", size)
    find, looks = bucket.find, []

    def find_nothing_at_first(name: str) -> object:
        looks.append(name)
        if len(looks) > 1:
            return find(name)
        bucket.client.put_object(Bucket=bucket._bucket, Key=bucket._key(name), Body=b"first")
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bucket, "find", find_nothing_at_first)
        bucket.put_once(sha256, tmp_path / "a.mov", sha256)
    found = bucket.find(sha256)
    assert found is not None
    assert found.bytes == len(b"first")
    assert bucket.uploads(sha256) == []


@pytest.mark.service
@pytest.mark.parametrize("size", [1000, 2 * SMALLEST_PART])
def test_a_file_that_changes_on_the_way_is_not_kept(
    bucket: Bucket, tmp_path: Path, size: int
) -> None:
    sha256 = written(tmp_path / "a.mov", size)
    written(tmp_path / "a.mov", size)

    with pytest.raises(ChangedOnTheWay, match=r"a\.mov changed while it was put"):
        bucket.put_once(sha256, tmp_path / "a.mov", sha256)
    assert bucket.find(sha256) is None
    assert bucket.uploads(sha256) == []


@pytest.mark.service
def test_a_large_file_is_put_and_fetched_in_bounded_memory(bucket: Bucket, tmp_path: Path) -> None:
    # sixteen parts of 5 MiB: four are on their way, one is read while the one before it is let go
    sha256 = written(tmp_path / "a.mov", 80 * MIB)
    bucket.client  # noqa: B018 - boto3 loads 20 MB of its own
    tracemalloc.start()
    bucket.put_once(sha256, tmp_path / "a.mov", sha256)
    _, putting = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    found = bucket.find(sha256)
    assert found is not None
    bucket.fetch(sha256, found, tmp_path / "back")
    _, fetching = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert putting < 35 * MIB
    assert fetching < 35 * MIB


@pytest.mark.service
def test_a_part_that_another_keeper_replaced_is_looked_for_again(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # two keepers share an upload: what one was told of a part may be of the past when it completes
    sha256 = written(tmp_path / "a.mov", SMALLEST_PART + 1)
    part, put = bucket._part, []

    def of_the_past(words: dict[str, str], number: int, body: bytes, there: object) -> object:
        told = part(words, number, body, there)
        put.append(number)
        return told if len(put) > 1 else {**told, "ETag": f'"{"0" * 32}"'}

    monkeypatch.setattr(bucket, "_part", of_the_past)
    bucket.put_once(sha256, tmp_path / "a.mov", sha256)
    found = bucket.find(sha256)
    assert found is not None
    assert bucket.fetch(sha256, found, tmp_path / "back") == sha256
    assert bucket.uploads(sha256) == []


@pytest.mark.service
def test_a_part_whose_connection_breaks_is_gone_on_with(bucket: Bucket, tmp_path: Path) -> None:
    sha256 = written(tmp_path / "a.mov", 3 * SMALLEST_PART + 1)
    bucket.put_once(sha256, tmp_path / "a.mov", sha256)
    whole, begun = bucket._stream, []

    def breaks(name: str, found: Found, start: int, end: int) -> Iterator[bytes]:
        begun.append(start)
        yield next(whole(name, found, start, end))
        raise ReadTimeoutError(endpoint_url="s3")

    found = bucket.find(sha256)
    assert found is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bucket, "_stream", breaks)
        assert bucket.fetch(sha256, found, tmp_path / "back") == sha256
    # a MiB each time, of three parts of five and one of a byte
    assert sorted(begun) == [number * MIB for number in range(16)]


@pytest.mark.service
def test_the_suffix_of_a_copy_names_no_other_place(bucket: Bucket, tmp_path: Path) -> None:
    metadata = {"suffix": "/../../evil"}
    bucket.client.put_object(
        Bucket=bucket._bucket, Key=bucket._key("0" * 64), Body=b"x", Metadata=metadata
    )
    found = bucket.find("0" * 64)
    assert found is not None
    assert found.suffix == ""


@pytest.mark.service
def test_what_s3_refuses_is_one_sentence(s3: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    with pytest.raises(BucketFailed, match=r"\(NoSuchBucket\).*make the bucket"):
        Bucket(f"s3://{uuid4().hex}/of").find("0" * 64)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    with pytest.raises(BucketFailed, match="look at the network and at AWS_ENDPOINT_URL_S3"):
        Bucket("s3://films").find("0" * 64)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(
        BucketFailed, match="give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    ) as said:
        Bucket("s3://films").find("0" * 64)
    assert str(said.value).count("\n") == 0


@pytest.mark.service
def test_a_wrong_secret_is_named(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(BucketFailed, match=r"could not be used.*allow s3:ListBucket"):
        Bucket(bucket.place).find("0" * 64)


@pytest.mark.parametrize(
    "place", ["s3://", "s3:///x", "s3://Films/x", "s3://a", "s3://films/a b", "gs://films"]
)
def test_a_place_that_names_no_bucket_is_refused(place: str) -> None:
    with pytest.raises(BucketFailed, match="write s3://bucket/prefix"):
        Bucket(place)


@given(st.sampled_from(["", "/", "/of", "/of/films/", "//of"]))
def test_a_prefix_may_end_in_a_slash_or_not(rest: str) -> None:
    prefix = rest.strip("/")
    assert Bucket(f"s3://films{rest}")._key("x") == (f"{prefix}/x" if prefix else "x")
