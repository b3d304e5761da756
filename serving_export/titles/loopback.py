"""Read HTTP requests on loopback within bounds and answer them, telling no token to any log."""

from __future__ import annotations

import json
import logging
import socket
import sys
import threading
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

from lakehouse.errors import MarqueeError
from serving_export.titles import cors
from serving_export.titles.files import Reply, segments
from serving_export.titles.licence import LARGEST_REQUEST
from serving_export.titles.refusals import BadRequest, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Answer = Callable[[list[str], Mapping[str, str], bytes | None], Reply]

logger = logging.getLogger(__name__)

OWN_HOSTS = ("127.0.0.1", "localhost")
"""A page elsewhere that points its own name at 127.0.0.1 is told nothing (DNS rebinding)."""
IDLE_SECONDS = 30
MOST_CONNECTIONS = 64
LONGEST_PATH = 2048
LONGEST_LENGTH = 18
"""Digits of a body's length; Python reads no number of more than 4300."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: http: https:; media-src 'self' blob:; connect-src 'self' http: https:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may load: code from its own server alone, and media from wherever that server's
sessions send it; a header that named the edges could not name those that come while it is open."""
FAILED = "The server could not answer this request: its log says why."


class PortTaken(MarqueeError):
    """Another program listens on the port."""

    def __init__(self, port: int, why: str) -> None:
        super().__init__(
            f"The player could not be served on port {port} ({why}): give another with --port, or "
            "0 for any that is free."
        )


class LoopbackServer(ThreadingHTTPServer):
    """A server on 127.0.0.1 that ends with all its connections."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = MOST_CONNECTIONS  # five by default: the sixth of a burst waits a second

    def __init__(self, port: int, handler: type[Handler]) -> None:
        # to whether it waits for a request; those that wait stand in the order in which they began to
        self._open: dict[socket.socket, bool] = {}
        self._lock = threading.Lock()
        try:
            super().__init__(("127.0.0.1", port), handler)
        except (OSError, OverflowError) as error:
            raise PortTaken(port, getattr(error, "strerror", None) or str(error)) from None

    def verify_request(self, *_: object) -> bool:
        """Let one more than a server of one viewer needs take the place of who has waited longest.

        It is turned away where all are being answered. A browser asks again where a connection that
        waits is ended, and a page never starts where one of its files is turned away.
        """
        with self._lock:
            if len(self._open) < MOST_CONNECTIONS:
                return True
            longest = next((one for one, waits in self._open.items() if waits), None)
            if longest:
                del self._open[longest]
                _end(longest)
            return longest is not None

    def mark(self, connection: socket.socket, *, waits: bool) -> None:
        """Keep in mind whether a connection waits for a request or is being answered."""
        with self._lock:
            if self._open.pop(connection, None) is not None:  # else it was ended in between
                self._open[connection] = waits

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        """Keep the connection in mind, so that `stop` can end it while it waits."""
        with self._lock:
            self._open[request] = True
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        """Forget the connection and close it."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, *_: object) -> None:
        """A viewer that went away is no news; anything else is logged."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            logger.exception("a request could not be answered")

    def stop(self) -> None:
        """Take no more requests and end those that wait."""
        self.shutdown()
        with self._lock:
            waiting = list(self._open)
        for connection in waiting:
            _end(connection)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):  # it closed by itself in between
        connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    """One connection: bounded requests in, replies with safe headers out, nothing written down."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "marquee", ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True  # headers and body go in two writes; Nagle adds 40 ms to each
    server: LoopbackServer
    answer: ClassVar[Answer]
    origins: ClassVar[Sequence[str]]

    @classmethod
    def answering(cls, answer: Answer, origins: Sequence[str]) -> type[Handler]:
        """The handler that calls `answer` and shares what a token opens with pages of `origins`."""
        own = {"answer": staticmethod(answer), "origins": origins}
        return type("Handler", (cls,), own)

    def handle_one_request(self) -> None:
        """Wait for a request, answer it, and wait again."""
        super().handle_one_request()
        self.server.mark(self.connection, waits=True)

    def parse_request(self) -> bool:
        """Read a request whose first line has come."""
        self.server.mark(self.connection, waits=False)
        return super().parse_request()

    def do_GET(self) -> None:
        """Answer with headers and body."""
        self._answer(takes_body=False)

    do_HEAD = do_GET

    def do_OPTIONS(self) -> None:
        """Tell a browser what a page of another origin may ask for."""
        self._reply(self._preflight)

    def do_POST(self) -> None:
        """Answer to a body of a bounded size."""
        self._answer(takes_body=True)

    def _answer(self, *, takes_body: bool) -> None:
        answer = type(self).answer
        self._reply(lambda: answer(self._names(), self._asked(), self._body(takes_body)))

    def _preflight(self) -> Reply:
        self._names()
        self._body(takes_body=False)
        allowed = cors.sharing(self.path, self.headers.get("Origin"), self.origins)
        if "Access-Control-Allow-Origin" not in allowed:
            raise BadRequest(
                "comes from a page that may not ask here", HTTPStatus.METHOD_NOT_ALLOWED
            )
        return Reply(HTTPStatus.NO_CONTENT, dict(cors.PREFLIGHT))

    def _reply(self, answered: Callable[[], Reply]) -> None:
        try:
            reply = answered()
        except Refusal as refusal:
            reply = self._refused(refusal.status, str(refusal))
        except (ConnectionError, TimeoutError):
            raise  # the asker went away
        except MarqueeError as error:  # such as a ring that its master key does not open
            reply = self._refused(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
        except Exception:
            logger.exception("a request could not be answered")
            reply = self._refused(HTTPStatus.INTERNAL_SERVER_ERROR, FAILED)
        self._send(reply)

    def _names(self) -> list[str]:
        host = self.headers.get("Host", "").rpartition(":")
        if (host[0] or host[2]) not in OWN_HOSTS:
            raise BadRequest("names another host", HTTPStatus.MISDIRECTED_REQUEST)
        if len(self.path) > LONGEST_PATH:
            raise BadRequest("has too long a path", HTTPStatus.REQUEST_URI_TOO_LONG)
        return segments(self.path)

    def _asked(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _body(self, takes_body: bool) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        is_number = length.isascii() and length.isdigit() and len(length) <= LONGEST_LENGTH
        if "Transfer-Encoding" in self.headers or not is_number:
            raise BadRequest("has a body of unknown length", HTTPStatus.LENGTH_REQUIRED)
        if not takes_body:
            if int(length):  # it would be read as the next request
                raise BadRequest("has a body where none is taken")
            return None
        if int(length) > LARGEST_REQUEST:
            raise BadRequest("is too large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return self.rfile.read(int(length))

    def _refused(self, status: HTTPStatus, why: str) -> Reply:
        self.close_connection = True  # a body may be left that nobody read
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = "GET, HEAD"
        return Reply(status, headers, json.dumps({"error": why}).encode())

    def _send(self, reply: Reply) -> None:
        try:
            self.send_response(reply.status)
            for name, value in {**reply.headers, **self._safety()}.items():
                self.send_header(name, value)
            if reply.status not in (HTTPStatus.NOT_MODIFIED, HTTPStatus.NO_CONTENT):
                self.send_header("Content-Length", str(reply.length))
            self.end_headers()
            if self.command != "HEAD" and reply.length:
                self._send_body(reply)
        finally:
            if reply.file:
                reply.file.close()

    def _send_body(self, reply: Reply) -> None:
        if reply.file:
            self.connection.sendfile(reply.file, reply.part.start, len(reply.part))
        else:
            self.wfile.write(reply.body)

    def _safety(self) -> dict[str, str]:
        # a request that was not even HTTP has neither
        path, headers = getattr(self, "path", ""), getattr(self, "headers", None) or {}
        return {
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Connection": "close" if self.close_connection else "keep-alive",
            **cors.sharing(path, headers.get("Origin"), self.origins),
        }

    def send_error(self, code: int, *_: object, **__: object) -> None:
        """Answer what http.server itself refuses in the same way as the rest."""
        status = HTTPStatus.METHOD_NOT_ALLOWED if code == 501 else HTTPStatus(code)
        self.command = getattr(self, "command", None) or "GET"
        self._send(self._refused(status, f"This request was not answered: {status.phrase}."))

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: a request's path holds a token."""


@contextmanager
def running(answer: Answer, port: int, *, origins: Sequence[str] = ()) -> Iterator[str]:
    """Answer on 127.0.0.1 while the block runs; the address. Port 0 takes any that is free.

    Raises PortTaken. Every connection is closed when the block ends.
    """
    with LoopbackServer(port, Handler.answering(answer, origins)) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.stop()
