"""Serve titles and their player page on loopback, to who holds a signed link.

A link's grant gives a session: tokens for the version that is live at that moment, and one that
renews them while the title is watched. A version that is replaced stays where it is, so a player
that holds its tokens never notices.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from serving_export.titles import files, licence, signing
from serving_export.titles.edges import Edge, Place, ranked
from serving_export.titles.files import Reply, file_reply, inside
from serving_export.titles.loopback import running
from serving_export.titles.player_files import NAMES as VENDORED
from serving_export.titles.refusals import BadRequest, NotServed
from serving_export.titles.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PAGE = Path(__file__).parent / "player"
PAGE_SUFFIXES = (".js", ".css", ".svg")
"""What belongs to the page in its folder; beside it lie npm's files."""
LINK_SECONDS = 12 * 3600
"""How long a link can be opened."""
WATCH_SECONDS = 12 * 3600
"""How long after a link's end a page that was opened with it may renew its tokens."""
TOKEN_SECONDS = 3600
"""Of what edges and their logs see: short, since the page renews it."""


@dataclass(frozen=True)
class Titles:
    """What a server serves, and by what it decides."""

    published: Path
    """published/<title_id>/<version>/ and published/<title_id>/live.json."""
    player: Path
    """Where player_files.vendor_player put Shaka Player."""
    keys: licence.Keys
    secret: bytes = field(repr=False)
    """Signs links; edges that share it honour them."""
    edges: Callable[[], tuple[Edge, ...]] = tuple
    """The edges of the moment."""
    viewer: Place | None = None
    origins: tuple[str, ...] = ()
    """Whose pages may fetch versions from here, besides the server's own page."""
    token_seconds: int = TOKEN_SECONDS
    now: Callable[[], float] = time.time

    @property
    def shelf(self) -> Shelf:
        """The versions, to who holds a token."""
        return Shelf(self.published, self.secret, self.now)

    def grant(self, title_id: str, seconds: int = LINK_SECONDS) -> str:
        """A token that lets its holder play whatever version is live; raises UnknownTitle."""
        self.shelf.live(title_id)
        return signing.sign(self.secret, title_id, signing.LIVE, int(self.now()) + seconds)

    def session(self, grant: str, title_id: str) -> dict[str, Any]:
        """Where a page finds the live version and its keys, and how it renews that."""
        ends = self.shelf.require(grant, title_id, signing.LIVE)
        version = self.shelf.live(title_id)
        renewal = signing.sign(
            self.secret, title_id, signing.RENEWAL + version, ends + WATCH_SECONDS
        )
        return self._session(title_id, version, renewal)

    def renewed(self, renewal: str, title_id: str, version: str) -> dict[str, Any]:
        """The session with fresh tokens: of the version that is being watched, not of a newer one."""
        self.shelf.require(renewal, title_id, signing.RENEWAL + version)
        self.shelf.live(title_id)  # a title that was taken down is not watched to its end
        return self._session(title_id, version, renewal)

    def _session(self, title_id: str, version: str, renewal: str) -> dict[str, Any]:
        name, expires = quote(title_id, safe=""), int(self.now()) + self.token_seconds
        token = signing.sign(self.secret, title_id, version, expires)
        licence_token = signing.sign(self.secret, title_id, signing.LICENCE, expires)
        path = f"/t/{token}/{name}/{version}/"
        return {
            "title_id": title_id,
            "version": version,
            "bases": [base_url + path for base_url in ranked(self.edges(), self.viewer, origin="")],
            "licence": f"/licence/{licence_token}/{name}",
            "renewal": f"/session/{renewal}/{name}/{version}",
            "seconds": self.token_seconds,
        }


def route(titles: Titles, names: list[str], asked: Mapping[str, str], body: bytes | None) -> Reply:
    """Answer one request; `body` is None for GET and HEAD. Raises a Refusal.

    | path | answer |
    |---|---|
    | /play/TITLE | the page, which reads the grant behind the # of its own address |
    | /player/NAME | the page's files and Shaka Player |
    | /session/GRANT/TITLE | where the live version is |
    | /session/RENEWAL/TITLE/VERSION | where that version is, with fresh tokens |
    | /t/TOKEN/TITLE/VERSION/... | a file of a version |
    | POST /licence/TOKEN/TITLE | ClearKey's answer |
    """
    match names:
        case ["licence", token, title_id] if body is not None:
            titles.shelf.require(token, title_id, signing.LICENCE)
            titles.shelf.live(title_id)  # of a title that was taken down no copy is opened
            return _json(licence.answer(body, title_id, titles.keys))
        case _ if body is not None:
            raise BadRequest("posts where nothing is taken", HTTPStatus.METHOD_NOT_ALLOWED)
        case ["play", title_id] if title_id:
            return file_reply(PAGE / "index.html", asked, {})
        case ["player", name]:
            return file_reply(_page_file(titles, name), asked, {})
        case ["session", grant, title_id]:
            return _json(json.dumps(titles.session(grant, title_id)).encode())
        case ["session", renewal, title_id, version]:
            return _json(json.dumps(titles.renewed(renewal, title_id, version)).encode())
        case ["t", *rest]:
            return titles.shelf.reply(rest, asked)
    raise NotServed


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
    """Serve on 127.0.0.1 while the block runs; port 0 takes any that is free. Raises PortTaken."""
    with running(
        lambda names, asked, body: route(titles, names, asked, body),
        port,
        origins=titles.origins,
    ) as address:
        yield Served(titles, address)
