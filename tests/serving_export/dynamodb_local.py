"""Run the real DynamoDB Local for tests and benches: fetched by Maven once, gone with its user.

It listens on every interface and offers no way to change that, so it must not outlive its user, not
even one that is killed.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.errors import MarqueeError
from lakehouse.keeper import keep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakehouse.keeper import Kept

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv" / "dynamodb-local"
RELEASE = "2.6.1"
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>marquee</groupId><artifactId>dynamodb-local</artifactId><version>1</version>
<dependencies><dependency>
<groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId><version>{RELEASE}</version>
</dependency></dependencies></project>
"""
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
START_SECONDS = 90


class NoDynamoDB(MarqueeError):
    """DynamoDB Local cannot be had or does not start."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(
            f"The tests of DynamoDB cannot run, because {why}: {remedy}, then run them again."
        )


def jars() -> Path:
    """The folder of its jars, fetched once."""
    folder = FOLDER / RELEASE
    if folder.exists():
        return folder
    for tool, package in (("mvn", "maven"), ("java", "openjdk-17-jre-headless")):
        if not shutil.which(tool):
            raise NoDynamoDB(f"{tool} is not installed", f"apt-get install {package}")
    fetching = FOLDER / f".{RELEASE}.{os.getpid()}"
    fetching.mkdir(parents=True)
    (fetching / "pom.xml").write_text(POM)
    done = subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars",
         "-DincludeScope=runtime"],
        cwd=fetching, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        shutil.rmtree(fetching)
        said = (done.stdout + done.stderr).strip().splitlines()
        raise NoDynamoDB(
            f"Maven could not fetch it ({said[0] if said else 'no message'})",
            "check the network and ~/.m2/settings.xml",
        )
    if folder.exists():  # another run was faster
        shutil.rmtree(fetching)
    else:
        (fetching / "jars").rename(folder)
        shutil.rmtree(fetching)
    return folder


@contextmanager
def dynamodb_local() -> Iterator[dict[str, str]]:
    """Start it on a free port and give the environment in which boto3 finds it."""
    folder = jars()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "java", f"-Dsqlite4java.library.path={folder}", "-cp", f"{folder}/*",
        "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
        "-inMemory", "-disableTelemetry", "-port", str(port),
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        server = keep("DynamoDB Local", command, Path(scratch, "log"), dict(os.environ))
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address, server)
            yield {**ENVIRONMENT, "AWS_ENDPOINT_URL_DYNAMODB": address}
        finally:
            server.stop()


def _wait_for(address: str, server: Kept) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(address, timeout=1)  # noqa: S310 - our own server
        except urllib.error.HTTPError:
            return  # it answers, if only that a plain GET is no request
        except OSError:
            if not server.running:
                break
            time.sleep(0.1)
    said = server.last_lines(1) or "java said nothing"
    raise NoDynamoDB(f"it did not start ({said})", "mend that, or free some memory")


if __name__ == "__main__":  # the set-up of the tests
    try:
        jars()
    except NoDynamoDB as error:
        sys.exit(str(error))
