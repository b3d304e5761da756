"""Serve titles and their player page on loopback, to who holds a signed link.

A link's grant gives a session: tokens for the version that is live at that moment. A version that
is replaced stays where it is, so a player that holds its tokens never notices.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from serving_export.titles import files, licence, signing
from serving_export.titles.edges import Edge, Place, best
from serving_export.titles.files import Reply, cache_headers, file_reply, inside
from serving_export.titles.layout import VERSION, BadTitleId, read_live
from serving_export.titles.loopback import Handler, LoopbackServer
from serving_export.titles.player_files import NAMES as VENDORED
from serving_export.titles.refusals import BadRequest, NotServed, UnknownTitle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PAGE = Path(__file__).parent / "player"
PAGE_SUFFIXES = (".js", ".css", ".svg")
"""What belongs to the page in its folder; beside it lie npm's files."""
LINK_SECONDS = 12 * 3600


@dataclass(frozen=True)
class Titles:
    """What a server serves, and by what it decides."""

    published: Path
    """published/<title_id>/<version>/ and published/<title_id>/live.json."""
    player: Path
    """Where player_files.vendor_player put Shaka Player."""
    keys: licence.Keys
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    """Signs links; a fresh one ends all links that were signed before."""
    edges: tuple[Edge, ...] = ()
    viewer: Place | None = None
    now: Callable[[], float] = time.time

    def live(self, title_id: str) -> str:
        """The version of a title that is live; raises UnknownTitle or BrokenLive."""
        try:
            live = read_live(self.published, title_id)
        except BadTitleId:
            live = None
        if live is None:
            raise UnknownTitle(title_id)
        return live.version

    def grant(self, title_id: str, seconds: int = LINK_SECONDS) -> str:
        """A token that lets its holder play whatever version is live; raises UnknownTitle."""
        self.live(title_id)
        return signing.sign(self.secret, title_id, signing.LIVE, int(self.now()) + seconds)

    def require(self, token: str, title_id: str, version: str) -> int:
        """When the token expires; raises ForgedLink or ExpiredLink."""
        return signing.require(self.secret, token, title_id, version, self.now())

    def session(self, grant: str, title_id: str) -> dict[str, Any]:
        """Where a page finds the live version and its keys, for as long as its grant lasts."""
        expires = self.require(grant, title_id, signing.LIVE)
        version = self.live(title_id)
        token = signing.sign(self.secret, title_id, version, expires)
        path = f"/t/{token}/{quote(title_id, safe='')}/{version}/"
        nearest = best(self.edges, self.viewer, origin="")
        licence_token = signing.sign(self.secret, title_id, signing.LICENCE, expires)
        return {
            "title_id": title_id,
            "version": version,
            "bases": list(dict.fromkeys([nearest + path, path])),
            "licence": f"/licence/{licence_token}/{quote(title_id, safe='')}",
            "expires": expires,
        }


def route(titles: Titles, names: list[str], asked: Mapping[str, str], body: bytes | None) -> Reply:
    """Answer one request; `body` is None for GET and HEAD. Raises a Refusal.

    | path | answer |
    |---|---|
    | /play/TITLE | the page, which reads the grant behind the # of its own address |
    | /player/NAME | the page's files and Shaka Player |
    | /session/GRANT/TITLE | where the live version is |
    | /t/TOKEN/TITLE/VERSION/... | a file of a version |
    | POST /licence/TOKEN/TITLE | ClearKey's answer |
    """
    match names:
        case ["licence", token, title_id] if body is not None:
            titles.require(token, title_id, signing.LICENCE)
            return _json(licence.answer(body, title_id, titles.keys))
        case _ if body is not None:
            raise BadRequest("posts where nothing is taken", HTTPStatus.METHOD_NOT_ALLOWED)
        case ["play", title_id] if title_id:
            return file_reply(PAGE / "index.html", asked, {})
        case ["player", name]:
            return file_reply(_page_file(titles, name), asked, {})
        case ["session", grant, title_id]:
            return _json(json.dumps(titles.session(grant, title_id)).encode())
        case ["t", token, title_id, version, *rest]:
            titles.require(token, title_id, version)
            titles.live(title_id)  # a title that was taken down is down at once
            return _version_file(titles.published, title_id, version, rest, asked)
    raise NotServed


def _version_file(
    published: Path, title_id: str, version: str, rest: list[str], asked: Mapping[str, str]
) -> Reply:
    if not VERSION.fullmatch(version):
        raise NotServed
    package = published / title_id / version
    return file_reply(inside(package, rest), asked, cache_headers(package, "/".join(rest)))


def _page_file(titles: Titles, name: str) -> Path:
    if name in VENDORED:
        return inside(titles.player, [name])
    if not name.endswith(PAGE_SUFFIXES):
        raise NotServed
    return inside(PAGE, [name])


def _json(body: bytes) -> Reply:
    headers = {"Content-Type": files.MEDIA_TYPES[".json"], "Cache-Control": "no-store"}
    return Reply(HTTPStatus.OK, headers, body)


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    titles: Titles
    address: str
    """Such as http://127.0.0.1:8090."""

    def link(self, title_id: str, seconds: int = LINK_SECONDS) -> str:
        """What a person opens; raises UnknownTitle.

        The grant stands behind the #, which no browser sends to a server or to the next page.
        """
        return (
            f"{self.address}/play/{quote(title_id, safe='')}#{self.titles.grant(title_id, seconds)}"
        )


@contextmanager
def serve(titles: Titles, port: int = 0) -> Iterator[Served]:
    """Serve on 127.0.0.1 while the block runs; port 0 takes any that is free.

    Raises PortTaken. Every connection is closed when the block ends.
    """
    handler = Handler.answering(
        lambda names, asked, body: route(titles, names, asked, body),
        hosts=[edge.base_url for edge in titles.edges],
    )
    with LoopbackServer(port, handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield Served(titles, f"http://127.0.0.1:{server.server_port}")
        finally:
            server.stop()
