"""Run real servers in Java for tests and benches: fetched by Maven once, gone with their user."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.errors import MarqueeError
from lakehouse.keeper import keep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lakehouse.keeper import Kept

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90


class NoEngine(MarqueeError):
    """A server of the tests cannot be had or does not start."""

    def __init__(self, tests: str, why: str, remedy: str) -> None:
        super().__init__(
            f"The tests of {tests} cannot run, because {why}: {remedy}, then run them again."
        )


@dataclass(frozen=True)
class Engine:
    """A server that Maven has."""

    tests: str
    """Of what it is the engine, such as DynamoDB."""
    folder: Path
    artifacts: tuple[str, ...]
    """group:artifact:release each; the first is the server, whose release names its folder."""

    def jars(self) -> Path:
        """The folder of its jars, fetched once."""
        release = self.artifacts[0].rpartition(":")[2]
        folder = self.folder / release
        if folder.exists():
            return folder
        for tool, package in (("mvn", "maven"), ("java", "openjdk-17-jre-headless")):
            if not shutil.which(tool):
                raise NoEngine(self.tests, f"{tool} is not installed", f"apt-get install {package}")
        fetching = self.folder / f".{release}.{os.getpid()}"
        fetching.mkdir(parents=True)
        try:
            self._fetch(fetching)
            if not folder.exists():  # another run may have been faster
                (fetching / "jars").rename(folder)
        finally:
            shutil.rmtree(fetching)
        return folder

    def _fetch(self, folder: Path) -> None:
        (folder / "pom.xml").write_text(_pom(self.artifacts))
        done = subprocess.run(
            ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars",
             "-DincludeScope=runtime"],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            said = (done.stdout + done.stderr).strip().splitlines()
            raise NoEngine(
                self.tests, f"Maven could not fetch it ({said[0] if said else 'no message'})",
                "check the network and ~/.m2/settings.xml",
            )  # fmt: skip

    @contextmanager
    def running(self, command: Callable[[Path, int, Path], list[str]]) -> Iterator[str]:
        """Start `java` with the words that its jars, a free port and an empty folder give; its address."""
        jars = self.jars()
        port = _free_port()
        with tempfile.TemporaryDirectory() as scratch:
            words = ["java", *command(jars, port, Path(scratch))]
            server = keep(self.tests, words, Path(scratch, "log"), dict(os.environ))
            try:
                address = f"http://127.0.0.1:{port}"
                self._wait_for(address, server)
                yield address
            finally:
                server.stop()

    def _wait_for(self, address: str, server: Kept) -> None:
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
        raise NoEngine(self.tests, f"it did not start ({said})", "mend that, or free some memory")


def _free_port() -> int:
    """Below those that the system gives to whoever asks for any: it takes seconds until Java has it."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _pom(artifacts: tuple[str, ...]) -> str:
    wanted = "".join(
        "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
        .format(*artifact.split(":"))
        for artifact in artifacts
    )  # fmt: skip
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>marquee</groupId><artifactId>engine</artifactId><version>1</version>"
        f"<dependencies>{wanted}</dependencies></project>\n"
    )
