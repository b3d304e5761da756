"""Run S3Proxy over a folder: real signatures, conditional puts, parts and checksums of S3."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3

from tests.serving_export.java_engine import ROOT, Engine, NoEngine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENGINE = Engine(
    "S3",
    ROOT / ".venv" / "s3proxy",
    (
        "org.gaul:s3proxy:4.1.0",
        # it asks for an annotation that is younger than the release which Maven would choose
        "com.fasterxml.jackson.core:jackson-annotations:2.22",
    ),
)
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local-secret",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
QUIET = '<configuration><root level="OFF"/></configuration>\n'
"""Else it writes several lines about each packet."""


@contextmanager
def s3_local() -> Iterator[None]:
    """Run it on a free port of loopback; boto3 finds it by the environment."""
    before = dict(os.environ)
    with ENGINE.running(_words) as address:
        os.environ.update(ENVIRONMENT, AWS_ENDPOINT_URL_S3=address)
        os.environ.pop("AWS_PROFILE", None)
        boto3.DEFAULT_SESSION = None  # it keeps the credentials of tests before, of DynamoDB Local
        yield
    os.environ.clear()
    os.environ.update(before)
    boto3.DEFAULT_SESSION = None


def _words(jars: Path, port: int, scratch: Path) -> list[str]:
    (scratch / "objects").mkdir()
    (scratch / "logback.xml").write_text(QUIET)
    settings = {
        "s3proxy.endpoint": f"http://127.0.0.1:{port}",
        "s3proxy.authorization": "aws-v2-or-v4",
        "s3proxy.identity": ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        "s3proxy.credential": ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        "jclouds.provider": "filesystem-nio2",
        "jclouds.filesystem.basedir": str(scratch / "objects"),
        "jclouds.identity": "none",
        "jclouds.credential": "none",
    }
    lines = [f"{name}={value}\n" for name, value in settings.items()]
    (scratch / "s3proxy.conf").write_text("".join(lines))
    return [
        f"-Dlogback.configurationFile={scratch / 'logback.xml'}", "-cp", f"{jars}/*",
        "org.gaul.s3proxy.Main", "--properties", str(scratch / "s3proxy.conf"),
    ]  # fmt: skip


if __name__ == "__main__":  # the set-up of the tests
    try:
        ENGINE.jars()
    except NoEngine as error:
        sys.exit(str(error))
