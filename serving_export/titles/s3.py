"""Put files into S3 once, in parts that outlive a kill, and fetch them from where a call was cut off.

An object is put only where there is none (`If-None-Match: *`), so what is kept is never written over,
whoever else puts it at that moment. Address, region and credentials come from boto3's own environment
variables, such as AWS_ENDPOINT_URL_S3. Besides find, put, fetch and
remove nothing is asked of S3: no listing of objects, and a deletion where a title is erased alone.
"""

from __future__ import annotations

import hashlib
import re
import time
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from serving_export.titles.in_order import in_order
from serving_export.titles.s3_errors import REMEDIES, SAME, BucketFailed, ChangedOnTheWay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_s3.client import S3Client

PLACE = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/+([^\s]*?))?/*")
PART_BYTES = 16 << 20
MOST_PARTS = 10_000
CHUNK_BYTES = 1 << 20
TRIES = 6
PAUSE_SECONDS = 0.5
SUFFIX = re.compile(r"\.[a-z0-9]{1,10}")
"""What a name of a local file may end in, whatever an object's metadata say."""
AGAIN = {
    "PreconditionFailed", "412", "ConditionalRequestConflict", "409", "NoSuchUpload", "OperationAborted",
    "BadDigest", "InvalidPart",
}  # fmt: skip
"""What S3 answers where somebody else put the same object, or a part of it, or is about to, or bytes
came spoilt."""
ABSENT = {"404", "NoSuchKey", "NotFound"}


@dataclass(frozen=True)
class Found:
    """An object as S3 tells of it."""

    etag: str
    bytes: int
    suffix: str
    """Of the file that was put, such as .mp4."""


class Bucket:
    """The objects below one prefix of a bucket."""

    def __init__(self, place: str, part_bytes: int = PART_BYTES) -> None:
        """`place` is s3://bucket or s3://bucket/prefix; raises BucketFailed for anything else."""
        said = PLACE.fullmatch(place)
        if said is None:
            raise BucketFailed(place, "it names no bucket", "write s3://bucket/prefix")
        self.place, self._bucket = place.rstrip("/"), said[1]
        self._prefix = f"{said[2]}/" if said[2] else ""
        self._part_bytes = part_bytes

    @cached_property
    def client(self) -> S3Client:
        """A client from boto3's own environment, which retries what S3 asks to be retried."""
        import boto3
        from botocore.config import Config

        return boto3.client("s3", config=Config(
            retries={"mode": "standard", "max_attempts": 5}, connect_timeout=10, read_timeout=60,
            # each request names its SHA-256 itself; boto3's own CRC is unknown to older stores
            request_checksum_calculation="when_required", response_checksum_validation="when_required",
        ))  # fmt: skip

    def find(self, name: str) -> Found | None:
        """The object of that name, or None; raises BucketFailed."""
        with self._failing():
            try:
                head = self.client.head_object(Bucket=self._bucket, Key=self._key(name))
            except ClientError as error:
                if _code(error) not in ABSENT:
                    raise
                self.client.head_bucket(
                    Bucket=self._bucket
                )  # a bucket that is not there is no answer
                return None
        suffix = head.get("Metadata", {}).get("suffix", "")
        suffix = suffix if SUFFIX.fullmatch(suffix) else ""
        return Found(head["ETag"].strip('"'), head["ContentLength"], suffix)

    def put_once(self, name: str, file: Path, sha256: str) -> None:
        """Put a file unless there is an object of that name, going on where a killed call stopped.

        Nothing can be read under the name before all of it is there. Raises BucketFailed and
        ChangedOnTheWay.
        """
        for attempt in range(TRIES):
            if self.find(name):
                self._sweep(name)
                return
            with self._failing():
                try:
                    self._put(name, file, sha256)
                except ClientError as error:
                    if _code(error) not in AGAIN:
                        raise
                    time.sleep(PAUSE_SECONDS * attempt)
        raise BucketFailed(
            self.place, f"{name[:16]} was not there after {TRIES} tries", REMEDIES[""]
        )

    def fetch(self, name: str, found: Found, into: Path) -> str:
        """Download an object behind what the file holds of it; the SHA-256 of the whole.

        A few parts come at once and are written in order, so that the file is always the head of the
        whole. Raises BucketFailed, after which the file holds the parts that had come.
        """
        digest = hashlib.sha256()
        with into.open("a+b") as out, self._failing():
            if out.tell() > found.bytes:
                out.truncate(0)
            out.seek(0)
            while chunk := out.read(CHUNK_BYTES):
                digest.update(chunk)
            starts = range(out.tell(), found.bytes, self._part_bytes)
            for body in in_order(partial(self._range, name, found), starts):
                out.write(body)
                digest.update(body)
        return digest.hexdigest()

    def remove(self, name: str) -> None:
        """Delete an object, and what was put of it by who was killed, the bytes of a film too; one that is
        not there is no error. Raises BucketFailed."""
        with self._failing():
            self.client.delete_object(Bucket=self._bucket, Key=self._key(name))
        self._sweep(name)

    def uploads(self, name: str) -> list[str]:
        """The ids of the unfinished uploads of a name, the oldest first."""
        key = self._key(name)
        pages = self.client.get_paginator("list_multipart_uploads").paginate(
            Bucket=self._bucket, Prefix=key
        )
        told = [one for page in pages for one in page.get("Uploads", ()) if one["Key"] == key]
        return [
            one["UploadId"]
            for one in sorted(told, key=lambda one: (one["Initiated"], one["UploadId"]))
        ]

    def _range(self, name: str, found: Found, start: int) -> bytearray:
        """The part of an object that begins there, asked for again behind what had come of it."""
        end = min(start + self._part_bytes, found.bytes)
        body, failures = bytearray(), 0
        while (have := start + len(body)) < end:
            try:
                for chunk in self._stream(name, found, have, end):
                    body += chunk
            except BotoCoreError:  # a broken connection; boto3 does not retry a stream
                failures = 0 if start + len(body) > have else failures + 1
                if failures == TRIES:
                    raise
                time.sleep(PAUSE_SECONDS * failures)
        return body

    def _stream(self, name: str, found: Found, start: int, end: int) -> Iterator[bytes]:
        body = self.client.get_object(
            Bucket=self._bucket,
            Key=self._key(name),
            Range=f"bytes={start}-{end - 1}",
            IfMatch=found.etag,
        )["Body"]
        yield from body.iter_chunks(CHUNK_BYTES)

    def _put(self, name: str, file: Path, sha256: str) -> None:
        words: dict[str, Any] = {"Bucket": self._bucket, "Key": self._key(name)}
        metadata = {"sha256": sha256, "suffix": file.suffix.lower()}
        size = file.stat().st_size
        part_bytes = max(self._part_bytes, -(-size // MOST_PARTS))
        if size > part_bytes:
            self._put_parts(words, metadata, file, sha256, part_bytes)
            return
        body = file.read_bytes()
        if hashlib.sha256(body).hexdigest() != sha256:
            raise ChangedOnTheWay(file.name)
        self.client.put_object(
            **words, Body=body, Metadata=metadata, ChecksumSHA256=_checksum(body), IfNoneMatch="*"
        )

    def _put_parts(
        self,
        words: dict[str, Any],
        metadata: dict[str, str],
        file: Path,
        sha256: str,
        part_bytes: int,
    ) -> None:
        """A few parts at once. Two keepers of one file share an upload, and each finds the parts of the other."""
        begun = self.uploads(words["Key"].removeprefix(self._prefix))
        if not begun:
            made = self.client.create_multipart_upload(
                **words, Metadata=metadata, ChecksumAlgorithm="SHA256"
            )
            begun = [made["UploadId"]]
        words = {**words, "UploadId": begun[0]}
        there = self._parts(words)
        digest = hashlib.sha256()

        def bodies(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
            for number, body in enumerate(iter(lambda: stream.read(part_bytes), b""), start=1):
                digest.update(body)
                yield number, body

        with file.open("rb") as stream:
            parts = list(
                in_order(lambda part: self._part(words, *part, there.get(part[0])), bodies(stream))
            )
        if digest.hexdigest() != sha256:
            self.client.abort_multipart_upload(**words)
            raise ChangedOnTheWay(file.name)
        self.client.complete_multipart_upload(
            **words, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
        )

    def _parts(self, words: dict[str, Any]) -> dict[int, Any]:
        pages = self.client.get_paginator("list_parts").paginate(**words)
        return {part["PartNumber"]: part for page in pages for part in page.get("Parts", ())}

    def _part(self, words: dict[str, Any], number: int, body: bytes, there: Any) -> Any:
        """Upload a part unless the store holds these very bytes of it."""
        checksum = _checksum(body)
        md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()  # what most stores call the ETag
        held = there and (
            there.get("ChecksumSHA256") == checksum or there["ETag"].strip('"') == md5
        )
        if not held:
            there = self.client.upload_part(
                **words, PartNumber=number, Body=body, ChecksumSHA256=checksum
            )
        return {"PartNumber": number, "ETag": there["ETag"], "ChecksumSHA256": checksum}

    def _sweep(self, name: str) -> None:
        """End what is left of uploads that came too late: their parts cost as much as objects."""
        with self._failing():
            for upload in self.uploads(name):
                try:
                    self.client.abort_multipart_upload(
                        Bucket=self._bucket, Key=self._key(name), UploadId=upload
                    )
                except ClientError as error:
                    if _code(error) not in AGAIN | ABSENT:  # another keeper ended it
                        raise

    def _key(self, name: str) -> str:
        return f"{self._prefix}{name}"

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Say in one sentence what boto3 raises."""
        try:
            yield
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise BucketFailed(self.place, str(error), REMEDIES["credentials"]) from None
        except ClientError as error:
            code = _code(error)
            if code == "404":  # of the bucket: of an object it was taken care of
                code = "NoSuchBucket"
            remedy = REMEDIES.get(SAME.get(code, code), REMEDIES[""])
            raise BucketFailed(self.place, code, remedy) from None
        except BotoCoreError as error:
            raise BucketFailed(self.place, str(error), REMEDIES[""]) from None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "it did not say why"))


def _checksum(body: bytes) -> str:
    return b64encode(hashlib.sha256(body).digest()).decode()
