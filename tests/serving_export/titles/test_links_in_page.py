"""A page goes on playing when its edge dies and when its tokens end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from serving_export.titles import server, signing
from serving_export.titles.edges import Edge, Place
from serving_export.titles.refusals import Refusal
from serving_export.titles.server import Served, Titles, serve
from tests.serving_export.titles.asking import SECRET
from tests.serving_export.titles.packages import SECONDS
from tests.serving_export.titles.test_playing import COUNT_STALLS, FRAMES, MESSAGE, VIDEO, play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.serving_export.titles.browser import Page
    from tests.serving_export.titles.packages import Catalogue

pytestmark = pytest.mark.service

BUFFER_SECONDS = 4
SMALL_BUFFER = f"""Object.defineProperty(globalThis, "marquee", {{
  configurable: true,
  set(made) {{
    delete globalThis.marquee;
    globalThis.marquee = made;
    made.player.configure("streaming.bufferingGoal", {BUFFER_SECONDS});
  }},
}})"""
"""So that segments are asked for all the time; of all of this short title there would be one burst. From
the first one on: a busy machine is late to say so."""
FETCHED = f"{VIDEO}.buffered.end({VIDEO}.buffered.length - 1)"
"""Up to where of the title segments have come."""
PICTURE = """(async () => {
  const { player, links } = marquee;
  const tile = await player.getThumbnails(player.getImageTracks()[0].id, 1);
  const picture = Object.assign(new Image(), { src: links.address(tile.uris[0]) });
  await picture.decode();
  return picture.naturalWidth;
})()"""
WRONG_CLOCK = """(() => {
  globalThis.wrong = -86_400_000;
  globalThis.passed = 0;
  const [date, clock] = [Date.now.bind(Date), performance.now.bind(performance)];
  Date.now = () => date() + wrong;
  performance.now = () => clock() + passed;
})()"""
"""And one that runs as time does, of which a test may let more pass."""
ASKED = "performance.getEntriesByType('resource').map((one) => one.name)"
TOKENS = f"new Set({ASKED}.flatMap((url) => /\\/t\\/([\\w-]+)/.exec(url)?.[1] ?? [])).size"
QUIET = f"""{VIDEO}.buffered.end(0) >= {VIDEO}.currentTime + {BUFFER_SECONDS} && (asked = {ASKED}.length,
  new Promise((told) => setTimeout(() => told(asked === {ASKED}.length), 500)))"""
"""Whether all has come that a page which pauses asks for."""


@contextmanager
def edge_process(
    cinema: Catalogue, var: Path, player: str, secret: bytes = SECRET
) -> Iterator[Edge]:
    """`marquee edge` as a process of its own, which knows of the origin nothing but the secret."""
    (var / "titles").mkdir(parents=True)
    (var / "titles" / "published").symlink_to(cinema.published)
    environment = {
        **os.environ, "MARQUEE_VAR": str(var), "MARQUEE_PLAYER_ORIGINS": player,
        "MARQUEE_LINK_SECRET": secret.hex(),
    }  # fmt: skip
    running = subprocess.Popen(
        [sys.executable, "-m", "jobs", "edge"], env=environment, text=True, stdout=subprocess.PIPE
    )
    try:
        assert running.stdout is not None
        address = running.stdout.readline().strip()
        yield Edge(address, str(running.pid), Place(0, 0), healthy=True)
    finally:
        running.kill()
        running.wait()


@contextmanager
def stage_with_edges(
    cinema: Catalogue, shaka: Path, var: Path, *secrets: bytes
) -> Iterator[tuple[Served, list[Edge]]]:
    """An origin with edges, the first the nearest."""
    edges: list[Edge] = []
    titles = Titles(cinema.published, shaka, cinema.ring, SECRET, edges=lambda: tuple(edges))
    with serve(titles) as origin, ExitStack() as stack:
        for number, secret in enumerate(secrets):
            process = edge_process(cinema, var / str(number), origin.address, secret)
            found = stack.enter_context(process)
            edges.append(replace(found, latency_ms=number + 1.0))
        yield origin, edges


@pytest.fixture(autouse=True)
def small_buffer(page: Page) -> None:
    page.command("Page.addScriptToEvaluateOnNewDocument", source=SMALL_BUFFER)


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Fills with the tokens that servers of this process do not accept."""
    found: list[str] = []
    require = signing.require

    def told(secret: bytes, token: str, title_id: str, version: str, now: float) -> int:
        try:
            return require(secret, token, title_id, version, now)
        except Refusal:
            found.append(token)
            raise

    monkeypatch.setattr(signing, "require", told)
    return found


def asked_of(page: Page, edge: Edge) -> int:
    """How many files the page has asked of an edge."""
    return sum(str(url).startswith(edge.base_url) for url in page.ask(ASKED))


@pytest.mark.parametrize("manifest", ["dash", "hls"])
def test_the_nearest_edge_dies_while_it_serves_and_the_picture_goes_on(
    page: Page, cinema: Catalogue, shaka: Path, tmp_path: Path, manifest: str
) -> None:
    with stage_with_edges(cinema, shaka, tmp_path, SECRET, SECRET) as (origin, (near, far)):
        play(page, origin, "title-cbcs", manifest)
        page.ask(COUNT_STALLS)
        assert asked_of(page, near) > 3
        assert asked_of(page, far) == 0
        assert page.ask(PICTURE) > 0  # fetched past CORS, by a style and not by a script
        os.kill(int(near.region), 9)
        page.until(f"{VIDEO}.currentTime > {page.ask(FETCHED)} + 0.5", SECONDS)

        assert asked_of(page, far) > 1
        assert (page.ask(MESSAGE), page.ask("stalls")) == ("", 0)
        frames = page.ask(FRAMES)
        os.kill(int(far.region), 9)
        page.ask(f"{VIDEO}.currentTime = {SECONDS - 3.5}; 0")
        page.until(f"{VIDEO}.currentTime > {SECONDS - 2} && {FRAMES} > {frames + 5}")
        assert page.ask(
            f"{ASKED}.some((url) => url.startsWith('{origin.address}/t/'))"
        )  # it is left
        assert page.ask(MESSAGE) == ""


def test_an_edge_that_is_dead_from_the_start_is_passed_over(
    page: Page, cinema: Catalogue, shaka: Path
) -> None:
    dead = Edge("http://127.0.0.1:1", "here", Place(0, 0), healthy=True, latency_ms=1)
    with serve(
        Titles(cinema.published, shaka, cinema.ring, SECRET, edges=lambda: (dead,))
    ) as served:
        play(page, served, "title-cbcs")

        assert page.ask("marquee.session.bases.length") == 2


def test_an_edge_that_refuses_every_token_is_passed_over(
    page: Page, cinema: Catalogue, shaka: Path, tmp_path: Path
) -> None:
    # it was given another secret, so it answers 403 to each token
    with stage_with_edges(cinema, shaka, tmp_path, bytes(32)) as (origin, (stranger,)):
        play(page, origin, "title-none")

        assert asked_of(page, stranger) > 0
        assert page.ask(MESSAGE) == ""


@pytest.mark.parametrize("manifest", ["dash", "hls"])
def test_tokens_that_end_while_a_title_plays_are_renewed_before(
    page: Page,
    cinema: Catalogue,
    shaka: Path,
    refused: list[str],
    manifest: str,
) -> None:
    # whatever the viewer's clock says: it is wrong by a day, and then set back by another
    page.command("Page.addScriptToEvaluateOnNewDocument", source=WRONG_CLOCK)
    late = 0.0
    titles = Titles(cinema.published, shaka, cinema.ring, SECRET, now=lambda: time.time() + late)
    with serve(titles) as served:
        play(page, served, "title-cbcs", manifest)
        page.ask("wrong -= 86_400_000; 0")
        page.ask(COUNT_STALLS)
        for _ in range(2):  # of one life and a half, which the first token would not outlive
            before = page.ask(TOKENS)
            late += 0.9 * server.TOKEN_SECONDS
            page.ask(f"passed = {1000 * late}; 0")
            page.until(f"{TOKENS} > {before}")

        assert (refused, page.ask(MESSAGE), page.ask("stalls")) == ([], "", 0)


@pytest.mark.parametrize("manifest", ["dash", "hls"])
def test_a_page_that_slept_over_its_tokens_gets_fresh_ones_until_its_time_is_over(
    page: Page, cinema: Catalogue, shaka: Path, refused: list[str], manifest: str
) -> None:
    late = [0.0]

    def hours_later(hours: float) -> None:
        late[0] += 3600 * hours
        page.ask(f"now = Date.now; Date.now = () => now.call(Date) + {3_600_000 * hours}; 0")

    titles = Titles(cinema.published, shaka, cinema.ring, SECRET, now=lambda: time.time() + late[0])
    with serve(titles) as served:
        play(page, served, "title-none", manifest)
        page.ask(f"{VIDEO}.pause()")
        page.until(QUIET)
        hours_later(server.LINK_SECONDS / 3600 + 1)  # the link itself could not be opened any more
        page.ask(f"{VIDEO}.currentTime = {SECONDS - 8}; {VIDEO}.play(); 0")
        page.until(f"{VIDEO}.currentTime > {SECONDS - 6}")
        assert (refused, page.ask(MESSAGE)) == ([], "")  # it knew, and asked for fresh ones first

        late[0] += server.WATCH_SECONDS
        page.ask(f"marquee.links.over = true; {VIDEO}.currentTime = 11; 0")
        assert "has expired" in page.until(MESSAGE)


@pytest.mark.parametrize("manifest", ["dash", "hls"])
def test_a_page_whose_clocks_stand_gets_fresh_tokens_when_it_is_refused(
    page: Page, cinema: Catalogue, shaka: Path, refused: list[str], manifest: str
) -> None:
    late = [0.0]
    titles = Titles(cinema.published, shaka, cinema.ring, SECRET, now=lambda: time.time() + late[0])
    with serve(titles) as served:
        play(page, served, "title-cbcs", manifest)
        page.ask(
            "for (const one of [Date, performance]) { const now = one.now(); one.now = () => now; }"
        )
        late[0] = server.TOKEN_SECONDS + 3600.0
        page.ask(f"{VIDEO}.currentTime = {SECONDS - 8}; 0")
        page.until(f"{VIDEO}.currentTime > {SECONDS - 6}")
        assert refused
        assert page.ask(MESSAGE) == ""


def test_an_edge_that_comes_while_a_title_plays_is_used_without_a_reload(
    page: Page, cinema: Catalogue, shaka: Path, tmp_path: Path
) -> None:
    edges: list[Edge] = []
    titles = Titles(
        cinema.published, shaka, cinema.ring, SECRET, edges=lambda: tuple(edges), token_seconds=6
    )
    with serve(titles) as origin, edge_process(cinema, tmp_path, origin.address) as edge:
        play(page, origin, "title-cbcs")
        edges.append(replace(edge, latency_ms=1.0))
        page.until(f"{ASKED}.some((url) => url.startsWith('{edge.base_url}'))")
        frames = page.ask(FRAMES)
        page.until(f"{FRAMES} > {frames + 30}")

        assert page.ask(MESSAGE) == ""
