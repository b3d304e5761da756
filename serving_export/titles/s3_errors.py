"""Name what goes wrong with S3, and what to do about it."""

from __future__ import annotations

from lakehouse.errors import MarqueeError

REMEDIES = {
    "NoSuchBucket": "make the bucket, or mend the setting that names it",
    "AccessDenied": "allow s3:ListBucket and s3:ListBucketMultipartUploads of it, and s3:GetObject, "
    "s3:PutObject, s3:AbortMultipartUpload, s3:ListMultipartUploadParts and, to erase, s3:DeleteObject "
    "in it",
    "credentials": "give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile that boto3 finds",
    "": "look at the network and at AWS_ENDPOINT_URL_S3, and call again; it goes on from here",
}
SAME = {"403": "AccessDenied", "InvalidAccessKeyId": "credentials", "SignatureDoesNotMatch": "credentials"}  # fmt: skip


class BucketFailed(MarqueeError):
    """A bucket could not be read or written."""

    def __init__(self, place: str, why: str, remedy: str) -> None:
        super().__init__(
            f"{place} could not be used ({why}), so nothing more was kept there or read from it: {remedy}."
        )


class ChangedOnTheWay(MarqueeError):
    """A file is no longer the one whose hash was taken."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} changed while it was put into S3, so nothing was kept: deliver it whole and call "
            "again."
        )
