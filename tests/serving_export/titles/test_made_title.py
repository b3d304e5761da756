"""A title that the pipeline made of a file plays, and its page tells what its receipt says."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from jobs.encode import tools
from jobs.encode.assembly import key_ring
from jobs.encode.order import Order
from jobs.encode.receipt import read_receipt
from jobs.encode.run import make
from lakehouse.settings import Settings
from lakehouse.tables import Lake
from serving_export.titles.server import Served, Titles, serve
from tests.serving_export.titles.asking import SECRET
from tests.serving_export.titles.test_page import CAPTION
from tests.serving_export.titles.test_playing import FRAMES, VIDEO, pause, play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.serving_export.titles.browser import Page

pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]
BOTH = pytest.mark.parametrize("manifest", ["dash", "hls"])
GRAPH = "[1]trim=duration=5[m];[0][m]concat,format=yuv420p"
CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:04.000\nThe first words.\n\n00:04.200 --> 00:07.800\nThe second words.\n"
CHOSEN = "[...document.querySelectorAll('[data-menu=quality] li')]"
NOW = "document.getElementById('facts').innerText.replace(/\\s+/g, ' ')"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two shots in H.264 and AV1 with captions and a description, made as the command makes them."""
    folder = tmp_path_factory.mktemp("made")
    master, described, words = (folder / name for name in ("film.mp4", "told.m4a", "film.vtt"))
    tools.ffmpeg(
        "-v", "error", "-f", "lavfi", "-i", "testsrc2=d=3:s=320x240:r=12",
        "-f", "lavfi", "-i", "mandelbrot=s=320x240:r=12", "-f", "lavfi", "-i", "sine=d=8:f=440",
        "-filter_complex", GRAPH, "-t", "8", "-c:v", "libx264", "-crf", "12", "-c:a", "aac",
        "-metadata:s:a:0", "language=eng", master,
    )  # fmt: skip
    tools.ffmpeg("-v", "error", "-f", "lavfi", "-i", "sine=d=8:f=880", "-c:a", "aac", described)
    words.write_text(CAPTIONS)
    order = Order(
        "film", str(master), "2026-01-10", codecs=("h264", "av1"), target_vmaf=92.0,
        captions=((str(words), "en"),), audio_description=str(described),
    )  # fmt: skip
    settings = Settings(var=str(folder / "var"))
    make(Lake(settings), [order], False, Console(file=StringIO()))
    return settings


@pytest.fixture(scope="module")
def receipt(made: Settings) -> dict[str, Any]:
    return read_receipt(made, "film")


@pytest.fixture
def screen(made: Settings, shaka: Path) -> Iterator[Served]:
    """A server of the title."""
    published = made.at("titles", "published")
    with serve(Titles(published, shaka, key_ring(made), SECRET)) as running:
        yield running


@BOTH
def test_it_plays_with_captions_and_pictures(page: Page, screen: Served, manifest: str) -> None:
    play(page, screen, "film", manifest)
    pause(page)
    assert (
        page.ask("document.getElementById('tags').innerText").split("\n")[1] == "locked with cbcs"
    )

    page.ask(f"{VIDEO}.currentTime = 1")
    page.press("c")
    page.until(f"{CAPTION} === 'The first words.'")
    page.ask(f"{VIDEO}.currentTime = 5")
    page.until(f"{CAPTION} === 'The second words.'")
    page.ask("document.getElementById('seek').focus()")
    page.press("ArrowLeft")  # to the beginning
    page.until("document.getElementById('picture').dataset.tile === '0,0'")
    assert page.ask("document.getElementById('picture').style.width") == "160px"


@BOTH
def test_each_rendition_plays_its_own_segments_and_shows_its_own_score(
    page: Page, screen: Served, receipt: dict[str, Any], manifest: str
) -> None:
    play(page, screen, "film", manifest)
    pause(page)
    page.ask(f"{VIDEO}.currentTime = 0")  # all but what plays next is fetched anew at a change
    shipped = [rung for rung in receipt["ladder"] if rung["ships"]]
    assert {rung["codec"] for rung in shipped} == {"h264", "av1"}
    page.ask(f"{CHOSEN}.at(-1).click()")  # so that each is a change, whatever played before
    for rung in sorted(shipped, key=lambda rung: -rung["kbps"]):
        name = receipt["codecs"][rung["codec"]]["name"]
        item = f"{rung['height']}p · {name} · {rung['kbps']:.0f} kb/s"
        page.ask("performance.clearResourceTimings()")
        page.ask(f"{CHOSEN}.find((one) => one.innerText.startsWith({item!r})).click()")
        fetched = "performance.getEntriesByType('resource').map(({name}) => name)"
        # the folder of a rendition in the package bears its name
        page.until(f"{fetched}.some((one) => one.includes('/{rung['name']}/'))")
        page.until(f"{NOW}.includes('VMAF {rung['vmaf']:.1f}') && {NOW}.includes('Codec {name} ')")


def test_the_panel_draws_what_the_receipt_says(
    page: Page, screen: Served, receipt: dict[str, Any]
) -> None:
    play(page, screen, "film")
    page.until("document.querySelectorAll('#ladder [data-rung]').length")
    drawn = page.ask(
        "[...document.querySelectorAll('#ladder [data-rung]')].map((one) => one.dataset.rung)"
    )
    assert sorted(drawn) == sorted(rung["name"] for rung in receipt["ladder"])
    assert page.ask("document.querySelectorAll('#ladder rect.fixed').length") == len(
        receipt["fixed"]
    )
    assert page.ask("document.querySelectorAll('#ladder polyline.front').length") == 2
    assert (
        page.ask("document.querySelectorAll('#shots g.shot').length") == len(receipt["shots"]) == 2
    )
    # shape and colour tell codecs apart
    looks = "[...document.querySelectorAll('#ladder path.rung')].map((one) => `${one.getAttribute('d')}${getComputedStyle(one).fill}`)"
    assert len(set(page.ask(looks))) == 2


@BOTH
def test_the_description_is_heard(page: Page, screen: Served, manifest: str) -> None:
    play(page, screen, "film", manifest)
    described = (
        "marquee.player.getAudioTracks().find((track) => track.label.includes('audio description'))"
    )
    page.ask(f"marquee.player.selectAudioTrack({described})")
    page.until(f"{described}.active")
    before = page.ask(f"{VIDEO}.currentTime")
    page.until(f"{VIDEO}.currentTime > {before} + 0.3 && {FRAMES} > 5")
