"""Choices that follow each other faster than a playlist comes leave everything playing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from serving_export.titles.server import Titles, serve
from tests.serving_export.titles.asking import SECRET
from tests.serving_export.titles.test_page import CAPTION
from tests.serving_export.titles.test_playing import VIDEO, pause, play
from tests.serving_export.titles.test_sound import HEARD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from serving_export.titles.server import Served
    from tests.serving_export.titles.browser import Page
    from tests.serving_export.titles.packages import Catalogue

pytestmark = pytest.mark.service

FAR = {"offline": False, "latency": 200, "downloadThroughput": -1, "uploadThroughput": -1}


@pytest.fixture
def far(surround: Catalogue, shaka: Path) -> Iterator[Served]:
    """A server of a title of six sounds and captions in three languages."""
    with serve(Titles(surround.published, shaka, surround.ring, SECRET)) as stage:
        yield stage


def choose_quickly(page: Page, *choices: tuple[str, int], apart: int) -> None:
    """Click on items of menus, from a network that answers after 200 ms, so many ms apart."""
    page.command("Network.emulateNetworkConditions", **FAR)
    clicks = "".join(
        f"document.querySelectorAll('[data-menu={menu}] [role=menuitemradio]')[{item}].click();"
        f"await new Promise((go) => setTimeout(go, {apart}));"
        for menu, item in choices
    )
    page.ask(f"(async () => {{ {clicks} }})()")


@pytest.mark.parametrize("manifest", ["dash", "hls"])
@pytest.mark.parametrize("with_quality", [False, True])
def test_sound_and_quality_play_on(
    page: Page, far: Served, manifest: str, with_quality: bool
) -> None:
    # Shaka Player 5.2.12 fetches nothing more of a kind that changes while its playlist comes
    play(page, far, "surround", manifest)
    smallest = [("quality", 4)] if with_quality else []
    choose_quickly(
        page, ("audio", 1), ("audio", 2), *smallest, ("audio", 3), ("audio", 0), apart=100
    )

    sound = "marquee.player.getAudioTracks().find((one) => one.active)"
    page.until(f"{sound}.label === 'English' && {sound}.channelsCount === 2")
    page.until(f"{VIDEO}.videoHeight === {180 if with_quality else 360}")
    heard = page.ask(HEARD)
    page.until(f"{HEARD} > {heard + 1000}")


@pytest.mark.parametrize("manifest", ["dash", "hls"])
def test_captions_are_of_the_language_asked_for_last(
    page: Page, far: Served, manifest: str
) -> None:
    play(page, far, "surround", manifest)
    pause(page)
    page.until("!document.querySelector('[data-menu=captions]').hidden")
    choose_quickly(page, *(("captions", item) for item in (1, 2, 3, 1, 0, 2)), apart=0)

    page.until(f"{CAPTION} === 'Les mots'")
    for _ in range(3):  # off, on and off again
        page.press("c")
    page.until(f"!{CAPTION}")
