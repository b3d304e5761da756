"""The player page can be used by mouse, finger, keyboard and screen reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.serving_export.titles.test_playing import ACTIVE, FRAMES, VIDEO, pause, play

if TYPE_CHECKING:
    from serving_export.titles.server import Served
    from tests.serving_export.titles.browser import Page

pytestmark = pytest.mark.service

CAPTION = "document.querySelector('.shaka-text-container')?.innerText"


def middle(page: Page, selector: str, across: float = 0.5) -> tuple[float, float]:
    """A point of an element on the screen."""
    x, y, width, height = page.ask(
        f"(({{x, y, width, height}}) => [x, y, width, height])"
        f"(document.querySelector({selector!r}).getBoundingClientRect())"
    )
    return x + width * across, y + height / 2


@pytest.mark.parametrize("manifest", ["dash", "hls"])
def test_captions_show_when_they_are_chosen(page: Page, stage: Served, manifest: str) -> None:
    play(page, stage, "title-cbcs", manifest)
    assert not page.ask(CAPTION)  # nobody asked for them

    # HLS tells of them by a file of its own, which a busy machine loads after the first pictures
    page.until("!document.querySelector('[data-menu=captions]').hidden")
    page.press("c")
    page.until(f"{CAPTION} === 'The first words'")
    page.ask(f"{VIDEO}.currentTime = 13")
    page.until(f"{CAPTION} === 'The second words'")
    page.press("c")
    page.until(f"!{CAPTION}")


@pytest.mark.parametrize("manifest", ["dash", "hls"])
def test_the_seek_bar_shows_the_picture_of_its_place(
    page: Page, stage: Served, manifest: str
) -> None:
    play(page, stage, "title-cenc", manifest)
    page.point(*middle(page, "#seek", 0.5))

    # a tile each 2 s, five in a row: 12 s is the seventh, in column 1 of row 1 from 0
    page.until("document.getElementById('picture').dataset.tile === '1,1'")
    assert page.ask("document.getElementById('previewTime').textContent") in ("0:11", "0:12")
    # in its own size: a manifest that gave the sheet's had it drawn five times as large
    assert page.ask("document.getElementById('picture').style.width") == "160px"
    sheet = page.ask("getComputedStyle(document.getElementById('picture')).backgroundImage")
    address = sheet.removeprefix('url("').removesuffix('")')
    assert (
        page.ask(f"fetch({address!r}).then((answer) => answer.headers.get('content-type'))")
        == "image/jpeg"
    )


@pytest.mark.parametrize("manifest", ["dash", "hls"])
def test_the_picture_shows_while_keys_move_the_seek_bar(
    page: Page, stage: Served, manifest: str
) -> None:
    play(page, stage, "title-cbcs", manifest)
    pause(page)
    page.ask(f"{VIDEO}.currentTime = 5")
    page.press("Tab")
    page.until("document.activeElement.id === 'seek'")
    # five seconds lie in the third tile of two, ten in the sixth: the first of the second row
    page.until("!document.getElementById('preview').hidden")
    page.until("document.getElementById('picture').dataset.tile === '2,0'")
    page.press("ArrowRight")
    page.until("document.getElementById('picture').dataset.tile === '0,1'")
    assert page.ask("document.getElementById('previewTime').textContent") == "0:10"
    page.press("Tab")
    page.until("document.getElementById('preview').hidden")


def test_quality_can_be_chosen_and_what_cannot_play_says_why(page: Page, stage: Served) -> None:
    play(page, stage, "title-cbcs")
    page.point(*middle(page, "[data-menu=quality] button"), click=True)
    items = page.ask(
        "[...document.querySelectorAll('[data-menu=quality] li')].map((item) => [item.innerText.replace(/\\s+/g, ' '), item.getAttribute('aria-disabled')])"
    )
    hevc = next(item for item in items if "HEVC" in item[0])

    assert hevc == ["360p · HEVC · 510 kb/s This browser has no HEVC decoder", "true"]
    # the receipt also tells of one that the gate held back: it takes no other's track
    held = next(item for item in items if "714 kb/s" in item[0])
    assert held == ["360p · H.264 · 714 kb/s Held back: its mean of 51.0 is below 70.0", "true"]
    assert len(items) == 5
    facts = "document.getElementById('facts').innerText.replace(/\\s+/g, ' ')"
    # of the rendition of 900 kb/s, which a busy machine comes to later
    page.until(f"{facts}.includes('Rate 918 kb/s VMAF 90.0')")
    for key in ("ArrowUp", "Enter"):  # the last one: 180p
        page.press(key)
    page.until(f"{ACTIVE} === 180 && {VIDEO}.videoHeight === 180")
    assert page.ask("document.getElementById('quality').textContent") == "180p"
    assert page.ask("document.activeElement.parentElement.dataset.menu") == "quality"


def test_the_described_sound_can_be_chosen(page: Page, stage: Served) -> None:
    play(page, stage, "title-cbcs")
    page.ask("document.querySelector('[data-menu=audio] button').click()")
    for key in ("ArrowDown", "Enter"):
        page.press(key)
    page.until(
        "marquee.player.getAudioTracks().find((track) => track.active).label === 'English (audio description)'"
    )

    before = page.ask(f"{VIDEO}.currentTime")
    page.until(f"{VIDEO}.currentTime > {before} + 0.3")


def test_each_key_does_its_work(page: Page, stage: Served) -> None:
    play(page, stage, "title-none")
    pause(page)
    page.press(" ")
    page.until(f"!{VIDEO}.paused")
    pause(page)
    page.ask(f"{VIDEO}.currentTime = 10")
    for key, seconds in (("ArrowRight", 15), ("ArrowLeft", 10), ("ArrowLeft", 5)):
        page.press(key)
        page.until(f"Math.abs({VIDEO}.currentTime - {seconds}) < 0.01")
    page.ask("document.getElementById('seek').focus()")  # whose own steps would be minute
    page.press("ArrowRight")
    page.until(f"Math.abs({VIDEO}.currentTime - 10) < 0.01")
    page.press(" ")
    page.until(f"!{VIDEO}.paused")
    page.press("ArrowDown")
    assert page.ask(f"{VIDEO}.volume") == pytest.approx(0.95)
    assert page.ask("document.getElementById('said').textContent") == "Volume 95 percent"
    page.press("ArrowUp")
    page.press("m")
    assert page.ask(f"[{VIDEO}.volume, {VIDEO}.muted]") == [1, True]
    page.press("m")
    for _ in range(3):  # held down: it was muted and heard thirty times a second
        page.command("Input.dispatchKeyEvent", type="keyDown", key="m", autoRepeat=True)
    assert not page.ask(f"{VIDEO}.muted")
    page.press("f")
    page.until("document.fullscreenElement?.id === 'stage'")
    page.press("f")
    page.until("!document.fullscreenElement")


def test_a_focused_control_keeps_its_own_keys(page: Page, stage: Served) -> None:
    # Space on the mute button must mute, not mute and pause
    play(page, stage, "title-none")
    page.ask("document.getElementById('mute').focus()")
    page.press(" ")

    page.until(f"{VIDEO}.muted")
    assert not page.ask(f"{VIDEO}.paused")
    page.ask("document.querySelector('[data-menu=captions] button').focus()")
    page.press("Enter")
    page.until("!!document.querySelector('[data-menu=captions] li:focus')")
    page.press("ArrowDown")
    assert page.ask(f"{VIDEO}.volume") == 1  # it moved in the menu
    page.press("Escape")
    assert page.ask("document.activeElement.getAttribute('aria-expanded')") == "false"


def test_tab_reaches_every_control_and_shows_where_it_is(page: Page, stage: Served) -> None:
    play(page, stage, "title-none")
    page.until(f"{ACTIVE} === 360")
    pause(page)
    seen = []
    for _ in range(9):
        page.press("Tab")
        seen.append(page.ask("document.activeElement.getAttribute('aria-label')"))
        assert page.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert page.ask("getComputedStyle(document.getElementById('controls')).opacity") == "1"
    assert seen == [
        "Seek", "Play", "Mute", "Volume", "Captions", "Audio", "Quality: Auto, now 360p",
        "Full screen", None,
    ]  # fmt: skip


def test_a_screen_reader_is_told_the_name_of_everything(page: Page, stage: Served) -> None:
    play(page, stage, "title-none")
    pause(page)
    page.ask("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.ask("document.querySelector('[data-menu=quality] button').click()")
    names = page.names()

    for role in ("button", "slider", "menu", "menuitemradio", "image", "region", "link", "heading"):
        assert names[role], role
        assert all(name.strip() for name in names[role]), (role, names[role])
    assert {"Seek", "Volume"} <= set(names["slider"])
    assert {"Play", "Mute", "Captions", "Full screen", "Go to shot 1 at 0:10"} <= set(
        names["button"]
    )
    assert any(name.startswith("3 renditions from 102 kb/s") for name in names["image"])
    assert any(name.startswith("2 shots; the worst is shot 1") for name in names["image"])
    assert {"h264-360p", "foreseen"} & {
        name for row in names.get("rowheader", []) for name in [row]
    }
    value = page.ask("document.getElementById('seek').getAttribute('aria-valuetext')")
    assert value.endswith("of 24 seconds")


def test_the_panel_plots_each_rung_and_shot(page: Page, stage: Served) -> None:
    play(page, stage, "title-none")
    page.until("document.querySelectorAll('#ladder [data-rung]').length === 4")

    assert page.ask("document.querySelectorAll('#shots g.shot').length") == 2
    page.until("document.querySelector('#ladder .now').dataset.rung === 'h264-360p'")
    assert page.ask("document.querySelectorAll('#ladder .now').length") == 1
    assert page.ask(
        "[...document.querySelectorAll('#ladder g:has(.out)')].map((one) => one.dataset.rung)"
    ) == ["h264-360p-700k"]
    rungs = page.ask(
        "[...document.querySelectorAll('#ladder [data-rung]')].map((rung) => rung.getBoundingClientRect()).map(({x, y}) => [x, y])"
    )
    assert rungs == sorted(rungs, reverse=True)  # drawn dearest first, dearer to the right
    page.point(*middle(page, "#shots g[data-shot='1'] .target"))
    page.ask(
        "document.querySelector('#shots g[data-shot=\"1\"]').dispatchEvent(new MouseEvent('click'))"
    )
    page.until(f"{VIDEO}.currentTime >= 10 && {FRAMES} > 3")
    page.until("document.querySelector('#shots g.now').dataset.shot === '1'")
