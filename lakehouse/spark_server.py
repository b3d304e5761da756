"""Start the night's Spark Connect server, a process of its own on a free loopback port."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse import keeper
from lakehouse.errors import MarqueeError
from lakehouse.faults import require_room
from lakehouse.spark import configuration, environment, require_java

if TYPE_CHECKING:
    from lakehouse.keeper import Kept
    from lakehouse.settings import Settings

logger = logging.getLogger(__name__)
PATIENCE_SECONDS = 180.0
"""Ten seconds on an idle machine; a busy one has been seen to take two minutes."""
ANSWER_SECONDS = 30.0
TOKEN = "SPARK_CONNECT_AUTHENTICATE_TOKEN"  # noqa: S105 the name of the variable, which Spark reads


class SparkDidNotStart(MarqueeError):
    """The Spark server ended, or did not answer in time."""

    def __init__(self, log: Path, cause: str) -> None:
        super().__init__(
            f"The Spark server did not start, so no table can be made: {cause} (all of it in {log}). "
            "Call again, which takes another port; where memory is short, lower "
            "MARQUEE_SPARK_MEMORY."
        )


@dataclass(frozen=True)
class SparkServer:
    """A running server: where it is, and the secret that its clients must show."""

    address: str
    token: str
    kept: Kept

    @property
    def environment(self) -> dict[str, str]:
        """What a job must find in its environment to work on this server."""
        return {"MARQUEE_SPARK_REMOTE": self.address, TOKEN: self.token}

    def stop(self) -> None:
        """End the server."""
        self.kept.stop()


def start(settings: Settings) -> SparkServer:
    """Start a server, and return before it answers, so that others can start meanwhile.

    It lives as long as this process. Raises MissingJava where Java 17 is not there, and NoSpace
    where its scratch folder would fill the disk.
    """
    require_java()
    require_room(settings.var)
    token = secrets.token_hex(32)  # other people of this machine reach loopback too
    port = free_port()
    kept = keeper.keep(
        "spark",
        command(settings, port),
        settings.at("spark", f"server-{port}.log"),
        {**os.environ, **environment(), TOKEN: token},
    )
    # the name, not the number: Spark's client sends a token without TLS to `localhost` alone
    return SparkServer(f"sc://localhost:{port}", token, kept)


def wait(server: SparkServer, patience: float = PATIENCE_SECONDS) -> None:
    """Return when the server answers; raises SparkDidNotStart when it ended or takes too long."""
    port = int(server.address.rsplit(":", 1)[1])
    deadline = time.monotonic() + patience
    while not (server.kept.listens(port) and answers(port)):
        if not server.kept.running or time.monotonic() > deadline:
            server.stop()
            raise SparkDidNotStart(server.kept.log, server.kept.cause())
        time.sleep(0.1)


def answers(port: int) -> bool:
    """Whether who listens on a loopback port speaks HTTP/2, as a server that hangs does not."""
    import grpc

    direct = [("grpc.enable_http_proxy", 0)]  # no_proxy may name localhost and not its number
    with grpc.insecure_channel(f"127.0.0.1:{port}", direct) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=ANSWER_SECONDS)
        except grpc.FutureTimeoutError:
            return False
    return True


_own: dict[tuple[str, str], SparkServer] = {}


def own(settings: Settings) -> SparkServer:
    """The server of this process alone, started on first use; it ends with the process.

    Lakes of one process share it, wherever their tables lie: a server costs ten seconds and 0.4 GB.
    """
    wanted = (settings.spark_remote, settings.spark_memory)
    if wanted in _own and not _own[wanted].kept.running:
        logger.warning("Spark's server ended (%s), another starts", _own[wanted].kept.cause())
        del _own[wanted]
    if wanted not in _own:
        _own[wanted] = started(settings)
    os.environ[TOKEN] = _own[wanted].token
    return _own[wanted]


def started(settings: Settings) -> SparkServer:
    """Start a server that answers, and where it does not, another; raises SparkDidNotStart."""
    try:
        wait(server := start(settings))
    except SparkDidNotStart as error:
        logger.warning("Spark's server is started again: %s", error)
        wait(server := start(settings))
    return server


def command(settings: Settings, port: int) -> list[str]:
    """The command line of a server with the settings' configuration."""
    master = settings.spark_remote if settings.spark_remote.startswith("local") else "local[2]"
    chosen = configuration(settings) | {
        "spark.master": master,
        "spark.connect.grpc.binding.port": str(port),
        "spark.port.maxRetries": "0",  # a taken port must fail, not become its neighbour
    }
    options = [part for name, value in chosen.items() for part in ("--conf", f"{name}={value}")]
    service = "org.apache.spark.sql.connect.service.SparkConnectServer"
    return [str(home() / "bin" / "spark-submit"), "--class", service, *options, "spark-internal"]


def home() -> Path:
    """The folder of PySpark, which holds the whole of Spark."""
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pyspark", name="pyspark")
    return Path(spec.origin).parent


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
