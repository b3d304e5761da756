"""The server gives who holds a link its title, and everybody else a sentence."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from serving_export.titles import server, signing
from serving_export.titles.edges import Edge, Place
from serving_export.titles.keys import KeyRing
from serving_export.titles.refusals import UnknownTitle
from serving_export.titles.server import Served, Titles, serve
from tests.serving_export.titles.asking import NEW, NOW, OLD, Answer, ask, publish, session


def test_a_link_leads_to_segments(served: Served) -> None:
    base = session(served)["base"]
    segment = ask(served, f"{base}h264/0001.m4s")

    assert (segment.status, segment.body) == (200, b"0123456789")
    assert segment.headers["Content-Type"] == "video/iso.segment"
    assert segment.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    manifest = ask(served, f"{base}manifest.mpd")
    assert manifest.headers["Content-Type"] == "application/dash+xml"
    assert manifest.headers["Cache-Control"] == "public, max-age=60"


def test_parts_and_known_files_are_answered_shortly(served: Served) -> None:
    path = f"{session(served)['base']}h264/0001.m4s"
    part = ask(served, path, Range="bytes=2-4")
    head = ask(served, path, "HEAD")
    known = ask(served, path, If_None_Match=head.headers["ETag"])

    assert (part.status, part.body, part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "10")
    assert (known.status, known.body) == (304, b"")


def test_each_answer_tells_the_browser_to_be_careful(served: Served) -> None:
    paths = (
        "/play/bikes",
        "/player/player.js",
        f"{session(served)['base']}manifest.mpd",
        "/nothing",
    )
    for path in paths:
        said = ask(served, path, Origin="http://elsewhere").headers
        assert said["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in said["Content-Security-Policy"]
        assert "unsafe" not in said["Content-Security-Policy"]
        assert said["Referrer-Policy"] == "no-referrer"
        assert not [name for name in said if name.lower().startswith("access-control")]


def test_the_page_gets_its_own_files_and_no_others(served: Served) -> None:
    assert b"<!doctype html>" in ask(served, "/play/bikes").body
    assert ask(served, "/player/shaka-player.js").body == b"'shaka'"
    assert ask(served, "/player/style.css").headers["Content-Type"].startswith("text/css")
    for path in ("/player/package.json", "/player/ready", "/player/", "/player/../server.py", "/"):
        assert ask(served, path).status == 404


def test_forged_and_expired_links_are_refused(served: Served, titles: Titles) -> None:
    base = session(served)["base"]
    token = base.split("/")[2]
    expired = signing.sign(titles.secret, "bikes", OLD, NOW - signing.SKEW_SECONDS - 1)
    other = signing.sign(bytes(32), "bikes", OLD, NOW + 9)

    for wrong in (token[:-1] + "A", other, "x", ""):
        answer = ask(served, base.replace(token, wrong) + "manifest.mpd")
        assert (answer.status, "was not signed" in answer.error) == (403, True)
    answer = ask(served, base.replace(token, expired) + "manifest.mpd")
    assert (answer.status, "has expired" in answer.error) == (403, True)


def test_a_token_opens_neither_another_version_nor_keys_nor_a_session(served: Served) -> None:
    # whoever may fetch bytes must not thereby get keys, nor the next version
    said = session(served)
    token = said["base"].split("/")[2]
    licence = said["licence"].split("/")[2]

    assert ask(served, f"/t/{token}/bikes/{NEW}/manifest.mpd").status == 403
    assert ask(served, f"/session/{token}/bikes").status == 403
    assert ask(served, f"/t/{licence}/bikes/{OLD}/manifest.mpd").status == 403
    assert ask(served, f"/licence/{token}/bikes", "POST", b'{"kids": []}').status == 403


def test_signed_names_that_are_no_versions_find_nothing(served: Served, titles: Titles) -> None:
    for version in ("live", "licence", "..", "", "live.json"):
        token = signing.sign(titles.secret, "bikes", version, NOW + 9)
        for rest in ("", "/", "/live.json", "/manifest.mpd"):
            assert ask(served, f"/t/{token}/bikes/{version}{rest}").status in (403, 404)


@pytest.mark.parametrize(
    "path", ["../../live.json", "%2e%2e/live.json", "..%2flive.json", "h264/../../live.json",
             "/etc/passwd", "%00", "h264", ".", "nothing.m4s", "live.json"],
)  # fmt: skip
def test_no_path_leaves_a_version(served: Served, path: str) -> None:
    assert ask(served, f"{session(served)['base']}{path}").status == 404


@pytest.mark.parametrize("name", ["receipt.json", "contents.json", "headers.json"])
def test_what_is_told_of_a_version_is_for_no_viewer(
    served: Served, titles: Titles, name: str
) -> None:
    # a receipt has the hash of the master, every command and the ids of the keys
    version = titles.published / "bikes" / OLD
    for file in (name, "panel.json"):
        (version / file).write_text("{}")
    base = session(served)["base"]
    assert ask(served, f"{base}{name}").status == 404
    assert ask(served, f"{base}%{ord(name[0]):x}{name[1:]}").status == 404
    assert ask(served, f"{base}panel.json").body == b"{}"  # which the page draws


def test_a_swap_leaves_the_old_version_where_it_was(served: Served, titles: Titles) -> None:
    before = session(served)
    publish(titles.published, NEW)
    after = session(served)

    assert (before["version"], after["version"]) == (OLD, NEW)
    assert ask(served, f"{before['base']}manifest.mpd").body == OLD.encode()
    assert ask(served, f"{after['base']}manifest.mpd").body == NEW.encode()


def test_a_title_that_is_taken_down_is_down_at_once(served: Served, titles: Titles) -> None:
    said = session(served)
    (titles.published / "bikes" / "live.json").unlink()

    for answer in (
        ask(served, f"{said['base']}manifest.mpd"),
        ask(served, said["licence"], "POST", b'{"kids": []}'),  # who kept the files opens none
    ):
        assert (answer.status, "no playable title 'bikes'" in answer.error) == (404, True)
    for title_id in ("bikes", "../keys", ""):
        with pytest.raises(UnknownTitle):
            served.link(title_id)


def test_a_licence_holds_the_keys_of_its_title(served: Served, titles: Titles) -> None:
    assert isinstance(titles.keys, KeyRing)
    wanted = titles.keys.keys_for("bikes").keys["HD"]
    other = titles.keys.keys_for("other").keys["HD"]
    path = session(served)["licence"]

    def request(key_id: str) -> Answer:
        kid = signing._text(bytes.fromhex(key_id))
        return ask(served, path, "POST", json.dumps({"kids": [kid]}).encode())

    given = json.loads(request(wanted.id).body)
    assert [key["k"] for key in given["keys"]] == [signing._text(wanted.value)]
    assert request(other.id).status == 403
    audit = (titles.keys.folder / "audit.jsonl").read_text()
    assert sum('"licence"' in line and wanted.id in line for line in audit.splitlines()) == 1


def test_the_nearest_edge_comes_first_and_the_origin_last(titles: Titles) -> None:
    near = Edge("https://edge", "eu", Place(50, 0), True)
    with serve(replace(titles, edges=lambda: (near,), viewer=Place(51, 0))) as served:
        grant = served.link("bikes").partition("#")[2]
        bases = json.loads(ask(served, f"/session/{grant}/bikes").body)["bases"]

    assert bases == [f"https://edge{bases[1]}", bases[1]]


def test_a_session_is_renewed_for_the_version_that_is_watched(titles: Titles) -> None:
    # a newer version has other segments: a page in the middle of the old one would stop
    clock = [float(NOW)]
    with serve(replace(titles, now=lambda: clock[0])) as served:
        first = session(served)
        publish(titles.published, NEW)
        clock[0] += server.TOKEN_SECONDS + signing.SKEW_SECONDS + 1
        late = ask(served, f"{first['base']}manifest.mpd")
        again = json.loads(ask(served, first["renewal"]).body)

        assert (late.status, again["version"]) == (403, OLD)
        assert ask(served, f"{again['bases'][0]}manifest.mpd").body == OLD.encode()
        # the link can no longer be opened, and what it opened can be watched to its end
        clock[0] = NOW + server.LINK_SECONDS + server.WATCH_SECONDS
        assert ask(served, again["renewal"]).status == 200
        clock[0] += signing.SKEW_SECONDS + 1
        assert "has expired" in ask(served, again["renewal"]).error


def test_a_renewal_opens_nothing_else(served: Served, titles: Titles) -> None:
    said = session(served)
    renewal, token = said["renewal"].split("/")[2], said["base"].split("/")[2]

    assert ask(served, f"/t/{renewal}/bikes/{OLD}/manifest.mpd").status == 403
    assert ask(served, f"/session/{renewal}/bikes").status == 403
    assert ask(served, f"/session/{renewal}/bikes/{NEW}").status == 403
    assert ask(served, f"/session/{token}/bikes/{OLD}").status == 403  # edges have seen this one
    (titles.published / "bikes" / "live.json").unlink()
    assert ask(served, said["renewal"]).status == 404


def test_edges_that_come_later_are_in_the_next_session(titles: Titles) -> None:
    known: list[Edge] = []
    with serve(replace(titles, edges=lambda: tuple(known))) as served:
        assert len(session(served)["bases"]) == 1
        known.append(Edge("https://edge", "eu", Place(50, 0), True, latency_ms=9))

        assert session(served)["base"].startswith("https://edge/t/")
