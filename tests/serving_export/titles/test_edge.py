"""An edge serves what another server's tokens open, to pages that it was told of, and no licences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lakehouse.settings import BadSetting
from serving_export.titles import signing
from serving_export.titles.cors import origins_of
from serving_export.titles.edge import serve_edge
from serving_export.titles.shelf import Shelf
from tests.serving_export.titles.asking import NOW, OLD, SECRET, ask_at, session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serving_export.titles.server import Served, Titles

PLAYER = "https://play.example"


@pytest.fixture
def edge(titles: Titles) -> Iterator[str]:
    """The address of an edge over the published titles, whose clock stands as the origin's does."""
    with serve_edge(Shelf(titles.published, SECRET, lambda: NOW), (PLAYER,)) as address:
        yield address


def test_a_token_of_the_origin_opens_files_at_the_edge(edge: str, served: Served) -> None:
    base = session(served)["base"]
    segment = ask_at(edge, f"{base}h264/0001.m4s", Range="bytes=2-4")

    assert (segment.status, segment.body) == (206, b"234")
    assert "immutable" in segment.headers["Cache-Control"]


def test_a_token_of_another_secret_opens_nothing(edge: str, titles: Titles) -> None:
    token = signing.sign(bytes(32), "bikes", OLD, NOW + 9)
    with serve_edge(Shelf(titles.published, bytes(32), lambda: NOW), ()) as other:
        assert ask_at(other, f"/t/{token}/bikes/{OLD}/manifest.mpd").status == 200
    assert ask_at(edge, f"/t/{token}/bikes/{OLD}/manifest.mpd").status == 403


def test_an_edge_gives_neither_licences_nor_sessions_nor_pages(edge: str, served: Served) -> None:
    said = session(served)
    grant = served.link("bikes").partition("#")[2]

    assert ask_at(edge, said["licence"], "POST", b'{"kids": []}').status == 405
    for path in (
        f"/session/{grant}/bikes",
        said["renewal"],
        "/play/bikes",
        "/player/player.js",
        "/t",
        "/",
    ):
        assert ask_at(edge, path).status == 404
    for path in (f"{said['base']}../live.json", f"{said['base']}%2e%2e/live.json"):
        assert ask_at(edge, path).status == 404


def test_pages_of_named_origins_may_read_what_a_token_opens(edge: str, served: Served) -> None:
    path = f"{session(served)['base']}manifest.mpd"
    named = ask_at(edge, path, Origin=PLAYER).headers

    assert named["Access-Control-Allow-Origin"] == PLAYER
    assert named["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Content-Range" in named["Access-Control-Expose-Headers"]
    assert named["Vary"] == "Origin"  # or a cache would give one page's answer to another
    assert named["Access-Control-Allow-Credentials"] is None
    for other in ("https://evil.example", f"{PLAYER}.evil.example", "null", "http://play.example"):
        said = ask_at(edge, path, Origin=other).headers
        assert (said["Access-Control-Allow-Origin"], said["Vary"]) == (None, "Origin")
    # health is for who watches edges, not for pages
    assert ask_at(edge, "/health", Origin=PLAYER).headers["Access-Control-Allow-Origin"] is None


def test_a_refusal_can_be_read_by_the_page(edge: str) -> None:
    # else the player takes an expired token for a dead server
    answer = ask_at(edge, f"/t/forged/bikes/{OLD}/manifest.mpd", Origin=PLAYER)

    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (403, PLAYER)
    assert "was not signed" in answer.error


def test_a_browser_may_ask_beforehand(edge: str, served: Served) -> None:
    base = session(served)["base"]
    said = ask_at(edge, f"{base}manifest.mpd", "OPTIONS", Origin=PLAYER)

    assert (said.status, said.body) == (204, b"")
    assert said.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert "Range" in said.headers["Access-Control-Allow-Headers"]
    assert (
        ask_at(edge, f"{base}manifest.mpd", "OPTIONS", Origin="https://evil.example").status == 405
    )
    assert ask_at(edge, f"{base}manifest.mpd", "OPTIONS").status == 405
    assert ask_at(edge, "/health", "OPTIONS", Origin=PLAYER).status == 405
    assert ask_at(served.address, f"{base}manifest.mpd", "OPTIONS", Origin=PLAYER).status == 405


def test_health_is_told_without_a_token(edge: str) -> None:
    said = ask_at(edge, "/health")

    assert (said.status, json.loads(said.body)) == (200, {"healthy": True})
    assert said.headers["Cache-Control"] == "no-store"


def test_origins_are_read_from_the_setting() -> None:
    assert origins_of("") == ()
    assert origins_of(" https://play.example, http://127.0.0.1:8000,") == (
        "https://play.example", "http://127.0.0.1:8000",
    )  # fmt: skip
    for wrong in ("*", "play.example", "https://play.example/", "null", "https://a b", "ftp://x"):
        with pytest.raises(BadSetting, match="which is no origin"):
            origins_of(wrong)
