"""The server stands hostile requests, tells no token to a log, and ends when it is told."""

from __future__ import annotations

import http.client
import logging
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from serving_export.titles.files import Reply
from serving_export.titles.loopback import MOST_CONNECTIONS, Handler, LoopbackServer, PortTaken
from serving_export.titles.refusals import NotServed
from serving_export.titles.server import Served, Titles, serve
from tests.serving_export.titles.asking import OLD, ask, session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def test_methods_sizes_and_hosts_are_bounded(served: Served) -> None:
    path = session(served)["licence"]

    assert ask(served, "/play/bikes", "DELETE").status == 405
    assert ask(served, "/play/bikes", "POST", b"{}").status == 405
    assert ask(served, path).status == 404
    assert ask(served, path, "POST", b"x" * 4097).status == 413
    assert ask(served, path, "POST", Transfer_Encoding="chunked").status == 411
    assert ask(served, path, "POST", b"", Content_Length="-1").status == 411
    assert ask(served, path, "POST", b"", Content_Length="9" * 5000).status == 411
    assert ask(served, "/play/bikes", Content_Length="0" * 5000).status == 411
    assert ask(served, "/play/bikes", "GET", b"x").status == 400
    assert ask(served, "/play/" + "a" * 3000).status == 414
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", ""):
        assert ask(served, "/play/bikes", Host=host).status == 421
    assert ask(served, "/play/bikes", Host="localhost:1").status == 200  # as through a tunnel


def preflight(titles: Titles, *lines: str, body: bytes = b"") -> bytes:
    """All that a server says to a preflight of a page that may ask for what a token opens."""
    head = ("OPTIONS /t/a/bikes/manifest.mpd HTTP/1.1", "Origin: https://play.example", *lines)
    with serve(replace(titles, origins=("https://play.example",))) as served:
        address = ("127.0.0.1", int(served.address.rpartition(":")[2]))
        with socket.create_connection(address, timeout=30) as connection:
            connection.sendall("\r\n".join((*head, "", "")).encode() + body)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(9000), b""))


def test_the_body_of_a_preflight_is_not_read_as_the_next_request(titles: Titles) -> None:
    inner = b"GET /play/bikes HTTP/1.1\r\nHost: localhost\r\n\r\n"
    length = f"Content-Length: {len(inner)}"
    assert preflight(titles, "Host: localhost").startswith(b"HTTP/1.1 204 ")
    said = preflight(titles, "Host: localhost", length, body=inner)
    assert (said[:13], said.count(b"HTTP/1.1 ")) == (b"HTTP/1.1 400 ", 1)


def test_a_preflight_of_another_host_is_told_nothing(titles: Titles) -> None:
    said = preflight(titles, "Host: evil.example")
    assert said.startswith(b"HTTP/1.1 421 ")
    assert b"Access-Control-Allow-Methods" not in said


def test_noise_is_answered_and_the_next_viewer_is_served(served: Served) -> None:
    port = int(served.address.rpartition(":")[2])
    for noise in (b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01" * 9, b"GET /\xff HTTP/1.1\r\n\r\n",
                  b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n"):  # fmt: skip
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(noise)
            connection.shutdown(socket.SHUT_WR)
            assert b" 200 " not in connection.recv(9000)
    assert ask(served, "/play/bikes").status == 200


@contextmanager
def answering(answer: Callable[..., Reply]) -> Iterator[LoopbackServer]:
    """A server that can be looked into."""
    server = LoopbackServer(0, Handler.answering(answer, ()))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.stop()
        server.server_close()


def until(fact: Callable[[], bool]) -> None:
    """Wait for a fact; a connection is answered before its thread says that it waits again."""
    while not fact():
        time.sleep(0.001)


def test_who_has_waited_longest_makes_room() -> None:
    # turned away instead, a page of a busy server never started and said nothing
    def answer(*_: object) -> Reply:
        return Reply(HTTPStatus.NO_CONTENT, {})

    held: list[socket.socket] = []
    with answering(answer) as server:
        for number in range(MOST_CONNECTIONS + 3):
            held.append(socket.create_connection(("127.0.0.1", server.server_port), timeout=30))
            held[-1].sendall(b"GET /play/bikes HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert held[-1].recv(9000).startswith(b"HTTP/1.1 204 ")
            if number >= MOST_CONNECTIONS:
                assert held.pop(0).recv(1) == b""
            until(lambda: list(server._open.values()) == [True] * len(held))
        for connection in held:
            connection.close()


def test_one_viewer_cannot_take_all_threads() -> None:
    def answer(*_: object) -> Reply:
        raise NotServed

    before = set(threading.enumerate())  # some of which may be about to end
    with answering(answer) as server:
        address = ("127.0.0.1", server.server_port)
        held = [socket.create_connection(address, timeout=30) for _ in range(MOST_CONNECTIONS)]
        for connection in held:
            connection.sendall(b"GET / HTTP/1.1\r\n")  # and never the rest
        until(lambda: list(server._open.values()) == [False] * MOST_CONNECTIONS)
        more = [socket.create_connection(address, timeout=30) for _ in range(20)]

        assert [one.recv(1) for one in more] == [b""] * 20  # each is turned away
        begun = set(threading.enumerate()) - before
        assert len(begun) == MOST_CONNECTIONS + 1  # with that of the server
        for connection in (*held, *more):
            connection.close()


def test_nothing_writes_a_token_down(
    served: Served,
    titles: Titles,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    base = session(served)["base"]
    ask(served, f"{base}manifest.mpd")
    ask(served, f"{base}nothing")
    (titles.published / "bikes" / OLD / "headers.json").write_text("broken")
    failed = ask(served, f"{base}h264/0001.m4s")

    assert failed.status in (200, 500)
    said = "".join(capfd.readouterr()) + caplog.text
    assert base.split("/")[2] not in said
    assert repr(titles.secret) not in repr(titles)


def test_a_failure_is_logged_and_told_without_its_cause(
    served: Served, titles: Titles, caplog: pytest.LogCaptureFixture
) -> None:
    (titles.published / "bikes" / OLD / "headers.json").write_text("broken")
    answer = ask(served, f"{session(served)['base']}manifest.mpd")

    assert (answer.status, answer.error) == (
        500,
        "The server could not answer this request: its log says why.",
    )
    assert "JSONDecodeError" in caplog.text


def test_the_server_ends_with_its_connections(titles: Titles) -> None:
    # a browser keeps connections open: without an end to them the program would hang for 30 s
    with serve(titles) as served:
        connection = http.client.HTTPConnection(served.address.removeprefix("http://"))
        connection.request("GET", "/play/bikes")
        connection.getresponse().read()
        started = time.monotonic()
    assert time.monotonic() - started < 15
    assert connection.sock.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        ask(served, "/play/bikes")


def test_a_port_in_use_is_said(titles: Titles) -> None:
    with serve(titles) as served:
        port = int(served.address.rpartition(":")[2])
        with pytest.raises(PortTaken, match=f"on port {port}"), serve(titles, port):
            pass
    with pytest.raises(PortTaken, match="on port 70000"), serve(titles, 70000):
        pass
