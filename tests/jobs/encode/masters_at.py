"""Look into stores of masters, and spoil them, past the code that keeps them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from jobs.encode.masters import S3Masters
from serving_export.titles.s3 import Bucket

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from jobs.encode.masters import Masters


class Place(Protocol):
    """Where a store of one kind keeps its masters."""

    @property
    def name(self) -> str:
        """As the setting names it."""

    def stamp(self, sha256: str) -> Hashable:
        """What changes whenever the master is written."""

    def alter(self, sha256: str) -> None:
        """Change its last byte."""

    def remove(self, sha256: str) -> None:
        """Take it away."""

    def begin(self, sha256: str) -> None:
        """Leave what a keeper leaves that is killed."""

    def parts(self, sha256: str) -> int:
        """How many parts of it an unfinished keeper left to go on from."""

    def count_parts(self, store: Masters) -> list[int]:
        """Fills with the numbers of the parts that the store sends from here on."""

    def leftovers(self, sha256: str) -> list[str]:
        """What is there of it besides itself."""


@dataclass(frozen=True)
class FolderPlace:
    """A folder."""

    folder: Path

    @property
    def name(self) -> str:
        return str(self.folder)

    def stamp(self, sha256: str) -> Hashable:
        facts = self._file(sha256).stat()
        return facts.st_ino, facts.st_mtime_ns

    def alter(self, sha256: str) -> None:
        file = self._file(sha256)
        file.chmod(0o644)
        file.write_bytes(file.read_bytes()[:-1] + b"X")

    def remove(self, sha256: str) -> None:
        self._file(sha256).unlink()

    def begin(self, sha256: str) -> None:
        (self.folder / f".part-{sha256}").touch()

    def parts(self, sha256: str) -> int:  # noqa: ARG002 - a copy begins anew
        return 0

    def count_parts(self, store: Masters) -> list[int]:  # noqa: ARG002
        return []

    def leftovers(self, sha256: str) -> list[str]:
        return [file.name for file in self.folder.glob(f".part-{sha256}*")]

    def _file(self, sha256: str) -> Path:
        (found,) = self.folder.glob(f"{sha256}*")
        return found


class S3Place:
    """A prefix of a bucket, both new."""

    def __init__(self, bucket: str) -> None:
        self.bucket, self.name = bucket, f"s3://{bucket}/of/films"
        self._client.create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_DEFAULT_REGION"]},  # type: ignore[typeddict-item]
        )

    @cached_property
    def _own(self) -> Bucket:
        return Bucket(f"s3://{self.bucket}/of/films")

    @property
    def _client(self):  # type: ignore[no-untyped-def]
        return self._own.client

    def stamp(self, sha256: str) -> Hashable:
        head = self._client.head_object(Bucket=self.bucket, Key=f"of/films/{sha256}")
        return head["ETag"], head["LastModified"]

    def alter(self, sha256: str) -> None:
        key = f"of/films/{sha256}"
        before = self._client.get_object(Bucket=self.bucket, Key=key)
        changed = before["Body"].read()[:-1] + b"X"
        self._client.put_object(
            Bucket=self.bucket, Key=key, Body=changed, Metadata=before["Metadata"]
        )

    def remove(self, sha256: str) -> None:
        self._client.delete_object(Bucket=self.bucket, Key=f"of/films/{sha256}")

    def begin(self, sha256: str) -> None:
        self._client.create_multipart_upload(Bucket=self.bucket, Key=f"of/films/{sha256}")

    def parts(self, sha256: str) -> int:
        counts = [
            len(
                self._client.list_parts(
                    Bucket=self.bucket, Key=f"of/films/{sha256}", UploadId=upload
                ).get("Parts", [])
            )
            for upload in self._own.uploads(sha256)
        ]
        return max(counts, default=0)

    def count_parts(self, store: Masters) -> list[int]:
        assert isinstance(store, S3Masters)
        sent: list[int] = []
        store.bucket.client.meta.events.register(
            "before-call.s3.UploadPart", lambda params, **_: sent.append(params["query_string"]["partNumber"])
        )  # fmt: skip
        return sent

    def leftovers(self, sha256: str) -> list[str]:
        return self._own.uploads(sha256)
