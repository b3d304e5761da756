"""Ask a server of titles over HTTP, as players and others do."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, NamedTuple

from serving_export.titles.layout import as_json, headers

if TYPE_CHECKING:
    from pathlib import Path

    from serving_export.titles.server import Served

OLD, NEW = "0" * 16, "1" * 16
NOW = 1_800_000_000
SECRET = bytes(range(32))


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def error(self) -> str:
        return str(json.loads(self.body)["error"])


def ask(
    served: Served, path: str, method: str = "GET", body: bytes | None = None, **more: str
) -> Answer:
    """One request, the path sent as it is; `_` in a header's name stands for -."""
    return ask_at(served.address, path, method, body, **more)


def ask_at(
    address: str, path: str, method: str = "GET", body: bytes | None = None, **more: str
) -> Answer:
    """One request to a server at this address."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    try:
        connection.putrequest(method, path, skip_host="Host" in more)
        for name, value in more.items():
            connection.putheader(name.replace("_", "-"), value)
        if body is not None and "Content_Length" not in more:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        reply = connection.getresponse()
        return Answer(reply.status, reply.headers, reply.read())
    finally:
        connection.close()


def publish(published: Path, version: str) -> None:
    """What publish.py leaves, in small."""
    package = published / "bikes" / version
    (package / "h264").mkdir(parents=True)
    (package / "h264" / "0001.m4s").write_bytes(b"0123456789")
    (package / "manifest.mpd").write_text(version)
    (package / "headers.json").write_bytes(as_json(headers()))
    (published / "bikes" / "live.json").write_text(json.dumps({"version": version}))


def session(served: Served) -> dict[str, str]:
    """What the page asks for first."""
    grant = served.link("bikes").partition("#")[2]
    answer = ask(served, f"/session/{grant}/bikes")
    assert answer.status == 200
    said = json.loads(answer.body)
    return {**said, "base": said["bases"][0]}
