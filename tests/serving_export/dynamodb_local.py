"""Run the real DynamoDB Local for tests and benches.

It listens on every interface and offers no way to change that, so it must not outlive its user, not
even one that is killed.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.serving_export.java_engine import ROOT, Engine, NoEngine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENGINE = Engine(
    "DynamoDB", ROOT / ".venv" / "dynamodb-local", ("com.amazonaws:DynamoDBLocal:2.6.1",)
)
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def dynamodb_local() -> Iterator[dict[str, str]]:
    """Start it on a free port and give the environment in which boto3 finds it."""
    with ENGINE.running(_words) as address:
        yield {**ENVIRONMENT, "AWS_ENDPOINT_URL_DYNAMODB": address}


def _words(jars: Path, port: int, _: Path) -> list[str]:
    return [
        f"-Dsqlite4java.library.path={jars}", "-cp", f"{jars}/*",
        "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
        "-inMemory", "-disableTelemetry", "-port", str(port),
    ]  # fmt: skip


if __name__ == "__main__":  # the set-up of the tests
    try:
        ENGINE.jars()
    except NoEngine as error:
        sys.exit(str(error))
