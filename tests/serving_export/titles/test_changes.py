"""Choices that follow each other faster than a playlist comes leave everything playing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from serving_export.titles.server import Titles, serve
from tests.serving_export.titles.asking import SECRET
from tests.serving_export.titles.packages import SECONDS
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


SEEK = f"""(() => {{
  const comes = marquee.change.playlists.size > 0;
  const bar = document.getElementById('seek');
  bar.value = 15;
  bar.dispatchEvent(new Event('change'));
  return [document.getElementById('time').textContent, comes && {VIDEO}.currentTime > 10];
}})()"""
"""The time that is shown after it, and whether it was done while a playlist came."""


@pytest.mark.parametrize("menu", ["audio", "quality"])
@pytest.mark.parametrize("manifest", ["dash", "hls"])
def test_a_seek_during_a_change_plays_on_there(
    page: Page, far: Served, manifest: str, menu: str
) -> None:
    # Shaka Player 5.2.12 waits for good for a header whose request such a seek ends (its issue
    # 10569), and reads twice at once after a seek while a playlist comes
    play(page, far, "surround", manifest)
    choose_quickly(page, (menu, 3 if menu == "audio" else 4), apart=100)
    assert page.ask(SEEK) == ["0:15", False]
    page.until(f"{VIDEO}.currentTime > 15.5 && !{VIDEO}.seeking")
    heard = page.ask(HEARD)
    page.until(f"{HEARD} > {heard + 1000}")


def test_choices_at_the_end_are_made_at_once_and_heard_from_the_start(
    page: Page, far: Served
) -> None:
    play(page, far, "surround")
    page.ask(f"{VIDEO}.currentTime = {SECONDS - 0.3}")
    page.until(f"{VIDEO}.ended")
    choose_quickly(page, ("quality", 4), ("audio", 1), apart=0)
    # the picture asks for nothing, as all of it is there: the sound waited 10 s for it
    page.until("document.querySelectorAll('[data-menu=audio] li')[1].ariaChecked === 'true'", 8)
    page.until("!marquee.change.awaited.size")
    page.press("k")  # it played the last frame once more, and ended again
    page.until(f"!{VIDEO}.paused && {VIDEO}.currentTime > 0.2 && {VIDEO}.currentTime < 9")
