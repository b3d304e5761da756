"""The night's Spark server is ours alone, on loopback, and says why when it does not start."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc
import psutil
import pytest

from lakehouse import spark_server
from lakehouse.settings import Settings
from lakehouse.spark_server import SparkDidNotStart, free_port
from tests.processes import listening, living

if TYPE_CHECKING:
    from pathlib import Path

CLIENT = """
from pyspark.sql import SparkSession
import os
for token in (os.environ["SPARK_CONNECT_AUTHENTICATE_TOKEN"], "guessed"):
    os.environ["SPARK_CONNECT_AUTHENTICATE_TOKEN"] = token
    spark = SparkSession.builder.remote(os.environ["MARQUEE_SPARK_REMOTE"]).create()
    print("counted", spark.range(7).count(), flush=True)
    spark.stop()
"""


def test_a_free_port_is_one_that_nobody_listens_on() -> None:
    with socket.create_server(("127.0.0.1", free_port())):  # a taken one could not be had
        pass


def test_the_server_is_told_to_stay_on_loopback(settings: Settings) -> None:
    line = " ".join(spark_server.command(settings, 4711))
    assert "spark.connect.grpc.binding.address=127.0.0.1" in line
    assert "spark.driver.bindAddress=127.0.0.1" in line
    assert "spark.ui.enabled=false" in line
    # a taken port must fail: Spark would else listen on its neighbour, and we wait on a stranger
    assert "spark.port.maxRetries=0" in line


@pytest.fixture
def without_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that ends as it starts."""
    broken = [sys.executable, "-c", "raise SystemExit('no room for a heap')"]
    monkeypatch.setattr(spark_server, "command", lambda *_: broken)


@pytest.mark.usefixtures("without_room")
def test_a_server_that_ends_says_its_last_words(settings: Settings) -> None:
    with pytest.raises(SparkDidNotStart, match="no room for a heap"):
        spark_server.wait(spark_server.start(settings))


def test_a_server_that_stays_silent_is_given_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_server, "command", lambda *_: ["sleep", "300"])
    server = spark_server.start(settings)
    with pytest.raises(SparkDidNotStart):
        spark_server.wait(server, patience=0.3)
    assert not server.kept.running


def test_a_server_that_listens_and_never_answers_is_given_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the client of Spark would wait ten minutes for it
    port = free_port()
    deaf = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(300)"
    monkeypatch.setattr(spark_server, "free_port", lambda: port)
    monkeypatch.setattr(spark_server, "command", lambda *_: [sys.executable, "-c", deaf])
    monkeypatch.setattr(spark_server, "ANSWER_SECONDS", 0.2)
    server = spark_server.start(settings)
    while not server.kept.listens(port):
        time.sleep(0.05)
    with pytest.raises(SparkDidNotStart):
        spark_server.wait(server, patience=0.1)
    assert not server.kept.running


def test_a_server_here_is_not_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "localhost")  # as many machines say it
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    assert spark_server.answers(port)
    server.stop(None)


@pytest.mark.usefixtures("without_room")
def test_a_server_of_ones_own_is_started_twice_before_it_is_given_up(settings: Settings) -> None:
    with pytest.raises(SparkDidNotStart, match="no room for a heap"):
        spark_server.started(settings)
    assert len(list(settings.at("spark").glob("server-*.log"))) == 2


@pytest.mark.service
def test_a_port_that_someone_took_is_told_and_the_stranger_gets_no_token(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # between asking for a free port and listening on it lie ten seconds of Spark's start
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(spark_server, "free_port", lambda: taken.getsockname()[1])
        server = spark_server.start(settings)
        with pytest.raises(SparkDidNotStart) as told:
            spark_server.wait(server)
        assert "BindException: Failed to bind to address /127.0.0.1" in str(told.value)
        assert "Call again, which takes another port" in str(told.value)
        assert "\n" not in str(told.value)
        taken.settimeout(0)
        with pytest.raises(BlockingIOError):  # nobody came
            taken.accept()


@pytest.mark.service
def test_one_server_serves_who_knows_the_token_and_listens_on_loopback_alone(
    settings: Settings,
) -> None:
    server = spark_server.start(settings)
    try:
        spark_server.wait(server)
        top = psutil.Process(server.kept.process.pid)
        below = top.children(recursive=True)
        assert {address for address, _ in listening(top)} == {"127.0.0.1"}
        said = client(server.environment)
        assert said.stdout == "counted 7\n"
        assert "UNAUTHENTICATED" in said.stderr  # who guesses the token
    finally:
        server.stop()
    assert not living(below)


def client(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CLIENT],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.service
def test_lakes_of_one_process_share_a_server(tmp_path: Path) -> None:
    # each of them starting its own cost a test run ten seconds and 0.4 GB a test
    first, second = (
        spark_server.own(Settings(var=str(tmp_path / name))) for name in ("one", "two")
    )
    assert first is second
